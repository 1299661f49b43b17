"""The catalogue, its work queue, kept vectors, generations and jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_items()
    _create_vectors()
    _create_work()
    _create_generations()
    _create_jobs()
    op.create_table(
        "facts",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )


def _create_items() -> None:
    op.create_table(
        "items",
        sa.Column("key", KEY, primary_key=True, autoincrement=True),
        sa.Column("item_id", sa.String(128), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("image_url", sa.Text()),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("price", sa.Float()),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("image_digest", sa.String(64)),
        sa.Column("indexed_revision", sa.BigInteger()),
        sa.Column("searchable_at", sa.BigInteger()),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("item_id", name="uq_items_item_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_items_newest",
        "items",
        ["deleted_at", "available", sa.text("created_at DESC"), "item_id"],
    )
    op.create_table(
        "item_categories",
        sa.Column("category", sa.String(256), primary_key=True),
        sa.Column("item_key", sa.BigInteger(), primary_key=True),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.String(128), nullable=False),
    )
    op.create_index("ix_item_categories_item_key", "item_categories", ["item_key"])
    op.create_index(
        "ix_item_categories_newest",
        "item_categories",
        ["category", "available", sa.text("created_at DESC"), "item_id"],
    )


def _create_vectors() -> None:
    op.create_table(
        "kept_vectors",
        sa.Column("space", sa.String(32), primary_key=True),
        sa.Column("model", sa.String(255), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "item_vectors",
        sa.Column("item_key", sa.BigInteger(), primary_key=True),
        sa.Column("space", sa.String(32), primary_key=True),
        sa.Column("model", sa.String(255), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("problem", sa.Text()),
        sa.Column("embedded_at", sa.BigInteger(), nullable=False),
    )


def _create_work() -> None:
    op.create_table(
        "work",
        sa.Column("item_key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.String(128)),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("set_aside_at", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
    )
    op.create_index("ix_work_due", "work", ["set_aside_at", "due_at", "item_key"])
    op.create_table(
        "operations",
        sa.Column("operation_id", sa.String(36), primary_key=True),
        sa.Column("item_key", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.String(128), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("webhook_id", sa.String(256)),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("webhook_id", name="uq_operations_webhook_id"),
    )
    op.create_index("ix_operations_received_at", "operations", ["received_at"])


def _create_generations() -> None:
    op.create_table(
        "generations",
        sa.Column("generation_id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("engine", sa.String(512), nullable=False),
        sa.Column("collection", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("embedders", sa.JSON(), nullable=False),
        sa.Column("geometry", sa.LargeBinary()),
        sa.Column("fitted_on", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(16)),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.UniqueConstraint("collection", name="uq_generations_collection"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "live",
        sa.Column("engine", sa.String(512), primary_key=True),
        sa.Column("generation_id", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.Integer()),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("lease_owner", sa.String(128)),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "workers",
        sa.Column("owner", sa.String(128), primary_key=True),
        sa.Column("engine", sa.String(512), nullable=False),
        sa.Column("alive_until", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    for table in (
        "facts",
        "workers",
        "jobs",
        "live",
        "generations",
        "operations",
        "work",
        "item_vectors",
        "kept_vectors",
        "item_categories",
        "items",
    ):
        op.drop_table(table)
