"""The tables of what people did and were shown, beside the catalogue's."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table, desc, true

from indexer.tables import Instant, Key, metadata

interactions = Table(
    "interactions",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("user_id", String(128), nullable=False),
    # Not a key of items: the item may be told of later.
    Column("item_id", String(128), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("value", Float),
    Column("happened_at", Instant, nullable=False),
    Column("session_id", String(128)),
    Column("interaction_id", String(128), unique=True),
    Column("recommendation_id", String(128)),
    Column("received_at", Instant, nullable=False),
    # Whether popularity has it: not what one person repeats, nor what a machine did.
    Column("counted", Boolean, nullable=False, server_default=true()),
    Index("ix_interactions_newest", "user_id", "happened_at", "id"),
    Index("ix_interactions_touched", "user_id", "item_id", "kind", "happened_at"),
    Index("ix_interactions_people", "item_id", "happened_at", "user_id"),
    # No number is given twice, though those of erased people are free: what was looked at by number
    # would not be looked at again.
    sqlite_autoincrement=True,
)

popularity = Table(
    "popularity",
    metadata,
    Column("item_id", String(128), primary_key=True),
    # The horizon's name and half-life: levels of another half-life cannot be compared.
    Column("horizon", String(64), primary_key=True),
    # log2 of the forward-decayed sum (app.recommend.popularity); -infinity while it is empty.
    Column("score", Float(53), nullable=False),
    # The part of it whose interactions expired: a sum over people, of nobody. Null: no part.
    Column("detached", Float(53)),
    Index("ix_popularity_top", "horizon", desc("score"), "item_id"),
)

recommendations = Table(
    "recommendations",
    metadata,
    Column("recommendation_id", String(36), primary_key=True),
    Column("person", String(64)),  # HMAC-SHA256 of the user_id; none where nobody was named
    Column("kind", String(32), nullable=False),
    Column("request", JSON, nullable=False),
    Column("generation", Integer),
    Column("items", JSON, nullable=False),  # in the order shown: item_id, source, score, propensity
    Column("shown_at", Instant, nullable=False),
    Index("ix_recommendations_shown_at", "shown_at"),
    Index("ix_recommendations_person", "person"),
)
