"""Taking rows off the work queue without doing their work."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from indexer.claims import Claim, remove
from indexer.database import slices
from indexer.tables import items, work


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of rows that were to be dropped.

    Attributes:
        rows: How many are gone.
        held: item_ids a worker has in hand, sorted: their rows stay.
        absent: item_ids asked for that are not queued, sorted.
    """

    rows: int
    held: tuple[str, ...]
    absent: tuple[str, ...]


def drop_named(connection: Connection, item_ids: Collection[str], *, now: datetime) -> Dropped:
    """Remove the rows of these items, waiting or set aside.

    Args:
        connection: In a write transaction.
        item_ids: As the shop calls them.
        now: A claim whose lease has run out by then keeps no row.
    """
    names: dict[int, str] = {}
    for part in slices(sorted(set(item_ids))):
        queued = _queued().where(items.c.item_id.in_(part))
        names |= {row.key: row.item_id for row in connection.execute(queued)}
    rows, held = _drop(connection, names, now=now, aside_alone=False)
    return Dropped(rows, held, tuple(sorted(set(item_ids) - set(names.values()))))


def drop_set_aside(connection: Connection, *, now: datetime) -> Dropped:
    """Remove every row that is set aside; `connection` is in a write transaction."""
    queued = _queued().where(work.c.set_aside_at.is_not(None))
    names = {row.key: row.item_id for row in connection.execute(queued)}
    rows, held = _drop(connection, names, now=now, aside_alone=True)
    return Dropped(rows, held, ())


def _queued() -> Select[tuple[int, str]]:
    return select(items.c.key, items.c.item_id).join(work, work.c.item_key == items.c.key)


def _drop(
    connection: Connection, names: Mapping[int, str], *, now: datetime, aside_alone: bool
) -> tuple[int, tuple[str, ...]]:
    gone, held = 0, []
    for keys in slices(sorted(names)):
        # Items before their rows, in the order of keys: see `indexer.claims`.
        connection.execute(
            select(items.c.key).where(items.c.key.in_(keys)).order_by(items.c.key).with_for_update()
        ).all()
        found = connection.execute(
            select(work)
            .where(work.c.item_key.in_(keys))
            .order_by(work.c.item_key)
            .with_for_update()
        ).all()
        # One that was retried meanwhile is somebody's work again.
        rows = [row for row in found if row.set_aside_at is not None or not aside_alone]
        free = [row for row in rows if row.lease_until is None or row.lease_until <= now]
        remove(connection, list(map(_claim, free)))
        gone += len(free)
        taken = {row.item_key for row in rows} - {row.item_key for row in free}
        held += [names[key] for key in taken]
    return gone, tuple(sorted(held))


def _claim(row: Row[Any]) -> Claim:
    return Claim(row.item_key, row.revision, row.token, row.attempts, row.queued_at)
