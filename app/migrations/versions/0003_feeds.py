"""How far imports came, which feeds are pulled, and which items came from them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "import_checkpoints",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("tally", sa.JSON, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_import_checkpoints"),
    )
    op.create_table(
        "feeds",
        sa.Column("feed", sa.String(64), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("pull", sa.BigInteger(), nullable=False),
        sa.Column("reading", sa.String(64)),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("digest", sa.String(64)),
        sa.Column("nameless", sa.Integer, nullable=False),
        sa.Column("pulled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name="pk_feeds"),
    )
    op.create_table(
        "feed_items",
        sa.Column("feed", sa.String(64), nullable=False),
        sa.Column("item_id", sa.String(128), nullable=False),
        sa.Column("pull", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "item_id", name="pk_feed_items"),
    )
    op.create_index("ix_feed_items_pull", "feed_items", ["feed", "pull"])
    op.create_index("ix_feed_items_item_id", "feed_items", ["item_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("feed_items")
    op.drop_table("feeds")
    op.drop_table("import_checkpoints")
