"""The rows of popularity: what is kept of an item in a horizon."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, Row

from app.interactions.tables import popularity
from app.recommend.popularity import NO_LEVEL
from indexer.database import upsert

Key = tuple[str, str]
"""Item_id and row of a horizon."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a row keeps, as levels: all that counts, and the part whose interactions expired."""

    score: float = NO_LEVEL
    detached: float = NO_LEVEL

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Read a row of the table."""
        return cls(row.score, NO_LEVEL if row.detached is None else row.detached)


def locked(connection: Connection, keys: Collection[Key]) -> dict[Key, Kept]:
    """Make the rows that are missing, lock those that are there, and read both.

    In the order of their keys, so that two transactions wait for each other instead of in a circle.
    """
    if not keys:
        return {}
    inserting = upsert(connection, popularity)
    locking = inserting.on_conflict_do_update(
        index_elements=[popularity.c.item_id, popularity.c.horizon],
        set_={"score": popularity.c.score},
    ).returning(*popularity.c)
    empty = dict.fromkeys(keys, Kept())
    return {
        (row.item_id, row.horizon): Kept.of(row)
        for row in connection.execute(locking, rows_of(empty))
    }


def write(connection: Connection, changed: Mapping[Key, Kept]) -> None:
    """Write rows that the transaction has locked."""
    if not changed:
        return
    inserting = upsert(connection, popularity)
    new = inserting.excluded
    # RETURNING only because rows then travel many at a time: on PostgreSQL a batch of 1,000 took
    # 1.6 s one by one.
    writing = inserting.on_conflict_do_update(
        index_elements=[popularity.c.item_id, popularity.c.horizon],
        set_={"score": new.score, "detached": new.detached},
    ).returning(popularity.c.horizon)
    connection.execute(writing, rows_of(changed))


def rows_of(levels: Mapping[Key, Kept]) -> list[dict[str, object]]:
    """Write rows down as they are inserted, in the order of their keys."""
    return [
        {
            "item_id": item,
            "horizon": row,
            "score": kept.score,
            "detached": None if kept.detached == NO_LEVEL else kept.detached,
        }
        for (item, row), kept in sorted(levels.items(), key=lambda each: each[0])
    ]
