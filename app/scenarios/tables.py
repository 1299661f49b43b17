"""The table of scenarios, beside the catalogue's."""

from sqlalchemy import JSON, Column, Integer, String, Table, UniqueConstraint

from indexer.tables import Instant, Key, metadata

scenarios = Table(
    "scenarios",
    metadata,
    # Grows with every write of any scenario, so that one number says whether anything changed.
    Column("change", Key, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),  # 1, 2, … for each name
    Column("body", JSON(none_as_null=True)),  # none: this version deletes it
    Column("author", String(64)),  # name of the key; none where no key is needed
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name", "version", name="uq_scenarios_name_version"),
    sqlite_autoincrement=True,  # a number is never given twice, or a change could be overlooked
)
