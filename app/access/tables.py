"""The tables of who may call, and of what was administered."""

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table

from indexer.tables import Instant, Key, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Key, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256, hex; never the key
    Column("scopes", JSON, nullable=False),
    Column("rate", String(16)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),  # to the minute
    sqlite_autoincrement=True,  # a number is never given twice, or a new key could be overlooked
)

audit = Table(
    "audit",
    metadata,
    Column("entry", Key, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(128)),  # name of the key; none where no key is needed
    Column("key_id", BigInteger),  # of a key in `api_keys`
    Column("action", String(64), nullable=False),
    Column("target", String(256)),
    Column("request_id", String(128)),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_at", "at"),
    sqlite_autoincrement=True,
)
