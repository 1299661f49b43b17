"""The tables of people, beside those of what they did."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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

standings = Table(
    "standings",
    metadata,
    Column("person", String(64), primary_key=True),  # app.people.names: a keyed hash, no user_id
    Column("opted_out", Boolean, nullable=False),
    # Nothing of the person is kept that happened until then; while they are opted out, nothing.
    Column("since", Instant, nullable=False),
    # The last interaction there was then; clocks may differ, numbers do not.
    Column("until_id", BigInteger, nullable=False),
    # Whose rows are still being deleted; null once they are gone.
    Column("user_id", String(128)),
    Index("ix_standings_user_id", "user_id"),
)

suspects = Table(
    "suspects",
    metadata,
    Column("user_id", String(128), primary_key=True),
    Column("reasons", JSON, nullable=False),  # names of rules, see app.behaviour.cleaning
    Column("looked_at", Integer, nullable=False),  # interactions the verdict is of
    Column("found_at", Instant, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
)
