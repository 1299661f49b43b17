"""The audit of SQL's own records of items: what refers to nothing, and copies that differ."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Row,
    Select,
    Table,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from indexer.database import Database, slices
from indexer.faults import SHOWN, Check, Fault, Tally
from indexer.tables import (
    item_categories,
    item_vectors,
    items,
    learned_vectors,
    operations,
    work,
)

PAGE = 5_000
"""Items whose rows by category are compared at a time."""

REFERRING = (item_categories, item_vectors, learned_vectors, work)
"""Tables whose rows belong to an item and go by its key."""


class Bookkeeping:
    """Compares tables of the catalogue with each other; each look is one consistent read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def strays(self, *, repair: bool = False) -> Check:
        """Find rows that belong to no item, and delete them if asked to."""
        tally = Tally("records")
        for table in REFERRING:
            strays_of(self._database, table, table.c.item_key, tally, repair=repair)
        return tally.check()

    def writes(self) -> Check:
        """Find acknowledged writes of items that the catalogue has not come to.

        Nothing mends those: their content was in the row that is gone.
        """
        tally = Tally("writes")
        behind = or_(items.c.key.is_(None), items.c.revision < operations.c.revision)
        joined = operations.outerjoin(items, items.c.key == operations.c.item_key)
        with self._database.reading() as connection:
            tally.looked_at = _count(connection, operations)
            lost = select(operations.c.item_id, operations.c.revision, items.c.revision.label("at"))
            rows = connection.execute(lost.select_from(joined).where(behind)).yield_per(PAGE)
            for row in rows:
                at = "nothing" if row.at is None else f"revision {row.at}"
                seen = f"revision {row.revision} was acknowledged, {at} is there"
                tally.add(Fault("write_lost", row.item_id, seen))
        return tally.check()

    def categories(self, *, repair: bool = False) -> Check:
        """Compare items with their rows by category, and write those anew if asked to."""
        tally = Tally("categories")
        after = 0
        while True:
            with self._database.reading() as connection:
                page = connection.execute(
                    _listed().where(items.c.key > after).order_by(items.c.key).limit(PAGE)
                ).all()
                if not page:
                    return tally.check()
                keys = item_categories.c.item_key
                held = _held(connection, keys.between(page[0].key, page[-1].key))
            after = page[-1].key
            tally.looked_at += len(page)
            wrong = [row for row in page if held.get(row.key, frozenset()) != _wanted(row)]
            for row in wrong:
                seen = "its rows by category are not those of its content"
                tally.add(Fault("category_differs", row.item_id, seen))
            if repair and wrong:
                self._list_anew([row.key for row in wrong])
                tally.mended["category_differs"] += len(wrong)

    def _list_anew(self, keys: Collection[int]) -> None:
        with self._database.writing() as connection:
            for some in slices(sorted(keys)):
                # Whoever writes one of them meanwhile waits, and writes its rows after these.
                rows = connection.execute(
                    _listed().where(items.c.key.in_(some)).order_by(items.c.key).with_for_update()
                ).all()
                connection.execute(
                    delete(item_categories).where(item_categories.c.item_key.in_(some))
                )
                listed = [
                    {
                        "category": category,
                        "item_key": row.key,
                        "available": available,
                        "created_at": created_at,
                        "item_id": item_id,
                    }
                    for row in rows
                    for category, available, created_at, item_id in _wanted(row)
                ]
                if listed:
                    connection.execute(insert(item_categories), listed)


def strays_of(
    database: Database, table: Table, key: Column[Any], tally: Tally, *, repair: bool
) -> None:
    """Find rows of a table whose item SQL does not know, and delete them if asked to.

    Args:
        database: With the table and the items.
        table: Whose rows.
        key: The column that names the item.
        tally: Counts "stray" rows.
        repair: Whether to delete. No later row can need them: a key is never given twice.
    """
    unknown = ~exists().where(items.c.key == key)
    with database.reading() as connection:
        tally.looked_at += _count(connection, table)
        found = connection.scalar(select(func.count()).select_from(table).where(unknown)) or 0
        keys = connection.scalars(select(key).where(unknown).distinct().limit(SHOWN)).all()
    if not found:
        return
    for each in keys:
        tally.add(Fault("stray", f"key {each}", f"a row of {table.name} belongs to no item"))
    tally.faults["stray"] += found - len(keys)
    if repair:
        with database.writing() as connection:
            tally.mended["stray"] += connection.execute(delete(table).where(unknown)).rowcount


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _listed() -> Select[Any]:
    return select(
        items.c.key, items.c.item_id, items.c.categories, items.c.available, items.c.created_at
    )


_Listing = frozenset[tuple[Any, ...]]


def _wanted(row: Row[Any]) -> _Listing:
    return frozenset(
        (category, row.available, row.created_at, row.item_id) for category in row.categories
    )


def _held(connection: Connection, which: Any) -> Mapping[int, _Listing]:  # noqa: ANN401 - a condition
    found: dict[int, set[tuple[Any, ...]]] = {}
    for row in connection.execute(select(item_categories).where(which)):
        rows = found.setdefault(row.item_key, set())
        rows.add((row.category, row.available, row.created_at, row.item_id))
    return {key: frozenset(rows) for key, rows in found.items()}
