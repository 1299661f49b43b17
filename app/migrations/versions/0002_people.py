"""What people did, what that makes popular, and what they were shown."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "interactions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("item_id", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(128)),
        sa.Column("interaction_id", sa.String(128)),
        sa.Column("recommendation_id", sa.String(128)),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_interactions"),
        sa.UniqueConstraint("interaction_id", name="uq_interactions_interaction_id"),
    )
    op.create_index("ix_interactions_newest", "interactions", ["user_id", "happened_at", "id"])
    op.create_index("ix_interactions_touched", "interactions", ["user_id", "item_id", "kind"])
    op.create_table(
        "popularity",
        sa.Column("item_id", sa.String(128), nullable=False),
        sa.Column("horizon", sa.String(64), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "horizon", name="pk_popularity"),
    )
    op.create_index("ix_popularity_top", "popularity", ["horizon", sa.desc("score"), "item_id"])
    op.create_table(
        "recommendations",
        sa.Column("recommendation_id", sa.String(36), nullable=False),
        sa.Column("person", sa.String(64)),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("generation", sa.Integer),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("recommendation_id", name="pk_recommendations"),
    )
    op.create_index("ix_recommendations_shown_at", "recommendations", ["shown_at"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("recommendations")
    op.drop_table("popularity")
    op.drop_table("interactions")
