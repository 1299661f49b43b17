"""The tables of the catalogue and the index, the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    desc,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """A moment, kept as whole microseconds since 1970 UTC: it sorts and compares anywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware datetime into microseconds."""
        del dialect
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn microseconds into a UTC datetime."""
        del dialect
        return None if value is None else EPOCH + value * MICROSECOND


Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the type is exactly INTEGER."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

items = Table(
    "items",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("item_id", String(128), nullable=False, unique=True),
    Column("revision", BigInteger, nullable=False),
    Column("title", Text),
    Column("description", Text),
    Column("image_url", Text),
    Column("categories", JSON, nullable=False),
    Column("price", Float),
    Column("available", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attributes", JSON, nullable=False),
    # When the newest accepted write happened at its source; older ones never overwrite it.
    Column("as_of", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    # SHA-256 of the picture behind image_url, once it has been fetched.
    Column("image_digest", String(64)),
    # The revision last confirmed in the live generation.
    Column("indexed_revision", BigInteger),
    Column("searchable_at", Instant),
    # Token of the last finished row of work, so that a later row's tokens go on from there.
    Column("fence", BigInteger, nullable=False, default=0),
    Index("ix_items_newest", "deleted_at", "available", desc("created_at"), "item_id"),
    sqlite_autoincrement=True,  # a key is never given twice, or Milvus could hold a stranger's row
)

item_categories = Table(
    "item_categories",
    metadata,
    Column("category", String(256), primary_key=True),
    Column("item_key", BigInteger, primary_key=True),
    # Copies of the item's, so that the newest of a category are one stretch of an index.
    Column("available", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("item_id", String(128), nullable=False),
    Index("ix_item_categories_item_key", "item_key"),
    Index("ix_item_categories_newest", "category", "available", desc("created_at"), "item_id"),
)

kept_vectors = Table(
    "kept_vectors",
    metadata,
    Column("space", String(32), primary_key=True),
    Column("model", String(255), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # little-endian float32, as the model gave it
)

item_vectors = Table(
    "item_vectors",
    metadata,
    Column("item_key", BigInteger, primary_key=True),
    Column("space", String(32), primary_key=True),
    Column("model", String(255), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("digest", String(64)),  # none: there was nothing to embed, or see `problem`
    Column("problem", Text),
    Column("embedded_at", Instant, nullable=False),
)

learned_vectors = Table(
    "learned_vectors",
    metadata,
    Column("model", String(255), primary_key=True),
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
    # Little-endian float32, as learned.
    Column("candidate", LargeBinary, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
)

work = Table(
    "work",
    metadata,
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("token", BigInteger, nullable=False),  # grows with every claim: a fence against the late
    Column("lease_owner", String(128)),
    Column("lease_until", Instant),
    # Queued anew while it was held: when the holder is done, it must be done once more.
    Column("again", Boolean, nullable=False),
    Column("set_aside_at", Instant),
    Column("reason", Text),
    Index("ix_work_due", "set_aside_at", "due_at", "item_key"),
)

operations = Table(
    "operations",
    metadata,
    Column("operation_id", String(36), primary_key=True),
    Column("item_key", BigInteger, nullable=False),
    Column("item_id", String(128), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("webhook_id", String(256), unique=True),
    Column("received_at", Instant, nullable=False),
    Index("ix_operations_received_at", "received_at"),
)

generations = Table(
    "generations",
    metadata,
    Column("generation_id", Integer, primary_key=True, autoincrement=True),
    Column("engine", String(512), nullable=False),
    Column("collection", String(128), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("embedders", JSON, nullable=False),  # per space: name, dimensions, model, specification
    Column("geometry", LargeBinary),
    Column("behaviour", LargeBinary),  # maps and decays of what was learned, if anything was
    Column("fitted_on", Integer, nullable=False),
    Column("phase", String(16)),
    Column("cursor", BigInteger, nullable=False),
    Column("report", JSON),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    sqlite_autoincrement=True,
)

live = Table(
    "live",
    metadata,
    Column("engine", String(512), primary_key=True),
    Column("generation_id", Integer, nullable=False),
    Column("previous_id", Integer),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("progress", JSON, nullable=False),
    Column("error", Text),
    Column("lease_owner", String(128)),
    Column("lease_until", Instant),
    Column("requested_at", Instant, nullable=False),
    Column("finished_at", Instant),
    sqlite_autoincrement=True,
)

workers = Table(
    "workers",
    metadata,
    Column("owner", String(128), primary_key=True),
    Column("engine", String(512), nullable=False),
    Column("alive_until", Instant, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
