"""What is kept of people besides what they did, and sums of what they did."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What people did so far; later interactions are added as they come.
SUMS = """
INSERT INTO activity (user_id, first_at, last_at, interactions, purchases, spend)
SELECT i.user_id, min(i.happened_at), max(i.happened_at), count(*),
       sum(CASE WHEN i.kind = 'purchase' THEN 1 ELSE 0 END),
       sum(CASE WHEN i.kind = 'purchase' AND g.price IS NOT NULL
                THEN g.price * coalesce(i.value, 1.0) ELSE 0.0 END)
FROM interactions i LEFT JOIN items g ON g.item_id = i.item_id AND g.deleted_at IS NULL
GROUP BY i.user_id
"""


def upgrade() -> None:
    """Create the tables, and sum up what was done so far."""
    op.create_table(
        "profiles",
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("attributes", sa.JSON, nullable=False),
        sa.Column("seeds", sa.JSON, nullable=False),
        sa.Column("choices", sa.JSON, nullable=False),
        sa.Column("forgotten", sa.JSON, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_profiles"),
    )
    op.create_table(
        "activity",
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("interactions", sa.BigInteger(), nullable=False),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("spend", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_activity"),
    )
    op.execute(SUMS)
    op.create_index("ix_activity_last_at", "activity", ["last_at"])
    op.create_table(
        "seed_pictures",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("seeds", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_seed_pictures"),
    )
    op.create_index("ix_recommendations_person", "recommendations", ["person"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_recommendations_person", "recommendations")
    op.drop_table("seed_pictures")
    op.drop_table("activity")
    op.drop_table("profiles")
