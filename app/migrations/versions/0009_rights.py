"""People's rights: who opted out or was erased, what counts, and who may be a machine."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; all that was counted so far stays counted."""
    op.create_table(
        "standings",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("opted_out", sa.Boolean, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(128)),
        sa.PrimaryKeyConstraint("person", name="pk_standings"),
    )
    op.create_index("ix_standings_user_id", "standings", ["user_id"])
    op.create_table(
        "suspects",
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("looked_at", sa.Integer, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_suspects"),
    )
    op.add_column("popularity", sa.Column("detached", sa.Float(53)))
    op.drop_index("ix_interactions_touched", "interactions")
    # Written anew, as SQLite says when a table is made whether numbers are given twice; elsewhere
    # the column is added as it is.
    with op.batch_alter_table(
        "interactions",
        recreate="always" if op.get_bind().dialect.name == "sqlite" else "never",
        table_kwargs={"sqlite_autoincrement": True},
    ) as batch:
        batch.add_column(sa.Column("counted", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_index(
        "ix_interactions_touched", "interactions", ["user_id", "item_id", "kind", "happened_at"]
    )


def downgrade() -> None:
    """Drop what was made; deleted interactions do not come back."""
    op.drop_index("ix_interactions_touched", "interactions")
    with op.batch_alter_table("interactions") as batch:
        batch.drop_column("counted")
    op.create_index("ix_interactions_touched", "interactions", ["user_id", "item_id", "kind"])
    op.drop_column("popularity", "detached")
    op.drop_table("suspects")
    op.drop_table("standings")
