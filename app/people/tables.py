"""The tables of people, beside those of what they did."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from indexer.tables import Instant, metadata

profiles = Table(
    "profiles",
    metadata,
    Column("user_id", String(128), primary_key=True),
    # As app.people.records writes them; bounded by app.people.changes.
    Column("attributes", JSON, nullable=False),
    Column("seeds", JSON, nullable=False),
    Column("choices", JSON, nullable=False),
    Column("forgotten", JSON, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

activity = Table(
    "activity",
    metadata,
    Column("user_id", String(128), primary_key=True),
    # Of the interactions themselves, not of their arrival.
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("interactions", BigInteger, nullable=False),
    Column("purchases", BigInteger, nullable=False),
    Column("spend", Float(53), nullable=False),  # in the shop's currency
    Index("ix_activity_last_at", "last_at"),
)

seed_pictures = Table(
    "seed_pictures",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the picture
    Column("picture", LargeBinary, nullable=False),
    Column("seeds", Integer, nullable=False),  # how many have it; it goes with the last
)
