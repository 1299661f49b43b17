"""The tables of what goes together."""

from sqlalchemy import JSON, BigInteger, Column, Float, Integer, String, Table

from indexer.tables import Instant, metadata

pairs = Table(
    "pairs",
    metadata,
    # Of one count of everything; `pair_counts` says which one answers.
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(64), primary_key=True),
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),  # from 0, the best
    Column("other_key", BigInteger, nullable=False),
    Column("people", Integer, nullable=False),
    Column("baskets", Integer, nullable=False),
    Column("lift", Float(53), nullable=False),
    Column("llr", Float(53), nullable=False),
    sqlite_with_rowid=False,  # rows of one list lie together, and there is no second tree
)

pair_counts = Table(
    "pair_counts",
    metadata,
    Column("name", String(16), primary_key=True),  # one row: "pairs"
    Column("version", Integer),  # which one answers; none: nothing was counted yet
    Column("kinds", JSON, nullable=False),  # the sorts of baskets in it
    Column("report", JSON),
    Column("counted_at", Instant),
    Column("claimed", Integer, nullable=False),  # grows with every count: a fence against the late
    Column("lease_owner", String(128)),
    Column("lease_until", Instant),
)
