"""The reads that every request and every worker makes walk an index, not a table."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Select, text
from sqlalchemy.dialects import postgresql, sqlite

from indexer.candidates import CANDIDATES, REVISIONS, newest_rows
from indexer.catalogue import PRESENT, Catalogue, key_rows, page_rows
from indexer.claims import due_rows
from indexer.database import Database
from indexer.items import Item, Put

MANY = range(1, 501)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (CANDIDATES.params(keys=MANY), "USING INTEGER PRIMARY KEY (rowid=?)"),
        (REVISIONS.params(keys=MANY), "USING INTEGER PRIMARY KEY (rowid=?)"),
        (PRESENT.params(keys=MANY), "USING INTEGER PRIMARY KEY (rowid=?)"),
        (page_rows(after=7, limit=256), "USING INTEGER PRIMARY KEY (rowid>?)"),
        (key_rows(after=7, limit=256, before=NOON), "USING INTEGER PRIMARY KEY (rowid>?)"),
        (
            newest_rows(limit=5, category=None, before=NOON),
            "USING INDEX ix_items_newest (deleted_at=? AND available=? AND created_at<?)",
        ),
        (
            newest_rows(limit=5, category="mugs", before=None),
            "USING INDEX ix_item_categories_newest (category=? AND available=?)",
        ),
        (
            due_rows(limit=5, now=NOON),
            "USING INDEX ix_work_due (set_aside_at=? AND due_at<?)",
        ),
    ],
    ids=[
        "candidates",
        "revisions",
        "present",
        "page",
        "keys",
        "newest",
        "newest of a category",
        "claim",
    ],
)
def test_it_walks_its_index_and_sorts_nothing(
    sqlite_database: Database, wanted: Select[object], index: str
) -> None:
    written = wanted.compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )

    with sqlite_database.reading() as connection:
        rows = connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))
        plan = "\n".join(row.detail for row in rows)

    assert index in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


@pytest.fixture
def counted(postgres_database: Database) -> Database:
    """A PostgreSQL database of 2,000 items whose statistics have been taken."""
    changes = [Put(Item(f"item-{number}", title="A thing"), as_of=NOON) for number in range(2_000)]
    catalogue = Catalogue(postgres_database)
    for start in (0, 1_000):
        catalogue.write(changes[start : start + 1_000], now=NOON, recorded=False)
    with postgres_database.writing() as connection:
        connection.execute(text("ANALYZE items"))
    return postgres_database


@pytest.mark.parametrize(
    "wanted",
    [
        CANDIDATES.params(keys=MANY),
        REVISIONS.params(keys=MANY),
        page_rows(after=7, limit=100),
    ],
    ids=["candidates", "revisions", "page"],
)
def test_it_walks_its_index_on_postgresql_too(counted: Database, wanted: Select[object]) -> None:
    written = wanted.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call] # SQLAlchemy's own
        compile_kwargs={"literal_binds": True, "render_postcompile": True},
    )

    with counted.reading() as connection:
        plan = "\n".join(connection.scalars(text(f"EXPLAIN (COSTS OFF) {written}")))

    assert "Index Scan using pk_items" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
