"""The tables of what imports and feeds remember from one time to the next."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text

from indexer.tables import Instant, metadata

checkpoints = Table(
    "import_checkpoints",
    metadata,
    # SHA-256 over the file's bytes and how it is read.
    Column("fingerprint", String(64), primary_key=True),
    Column("position", BigInteger, nullable=False),  # number of the last row that was dealt with
    Column("tally", JSON, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("feed", String(64), primary_key=True),  # SHA-256 of its address, which may hold secrets
    Column("address", Text, nullable=False),  # to show: without its query
    Column("pull", BigInteger, nullable=False),  # number of the last pull that went to its end
    # Of that pull; none where the next one must not be conditional.
    Column("reading", String(64)),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("digest", String(64)),
    Column("nameless", Integer, nullable=False),  # bad rows of which no item_id could be read
    Column("pulled_at", Instant, nullable=False),
)

feed_items = Table(
    "feed_items",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("item_id", String(128), primary_key=True),
    Column("pull", BigInteger, nullable=False),  # the last that had it
    Index("ix_feed_items_pull", "feed", "pull"),
    Index("ix_feed_items_item_id", "item_id"),
)
