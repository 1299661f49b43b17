"""Behaviour: what was learned of items from what people did with them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and give generations what was learned for them."""
    op.add_column("generations", sa.Column("behaviour", sa.LargeBinary))
    op.create_table(
        "learned_vectors",
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("item_key", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("candidate", sa.LargeBinary, nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("model", "item_key", name="pk_learned_vectors"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("learned_vectors")
    op.drop_column("generations", "behaviour")
