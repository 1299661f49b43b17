"""What goes together, and who touched an item last."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and the index."""
    op.create_table(
        "pairs",
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("item_key", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("other_key", sa.BigInteger, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("baskets", sa.Integer, nullable=False),
        sa.Column("lift", sa.Float(53), nullable=False),
        sa.Column("llr", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("version", "kind", "item_key", "place", name="pk_pairs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pair_counts",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("kinds", sa.JSON, nullable=False),
        sa.Column("report", sa.JSON),
        sa.Column("counted_at", sa.BigInteger),
        sa.Column("claimed", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.String(128)),
        sa.Column("lease_until", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_pair_counts"),
    )
    op.create_index("ix_interactions_people", "interactions", ["item_id", "happened_at", "user_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_interactions_people", "interactions")
    op.drop_table("pair_counts")
    op.drop_table("pairs")
