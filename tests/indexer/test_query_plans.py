"""The reads that every request and every worker makes walk an index, not a table."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Select, text
from sqlalchemy.dialects import sqlite

from indexer.candidates import CANDIDATES, REVISIONS, newest_rows
from indexer.catalogue import PRESENT, page_rows
from indexer.claims import due_rows
from indexer.database import Database

MANY = range(1, 501)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (CANDIDATES.params(keys=MANY), "USING INTEGER PRIMARY KEY (rowid=?)"),
        (REVISIONS.params(keys=MANY), "USING INTEGER PRIMARY KEY (rowid=?)"),
        (PRESENT.params(keys=MANY), "USING INTEGER PRIMARY KEY (rowid=?)"),
        (page_rows(after=7, limit=256), "USING INTEGER PRIMARY KEY (rowid>?)"),
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
    ids=["candidates", "revisions", "present", "page", "newest", "newest of a category", "claim"],
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
