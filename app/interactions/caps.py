"""How often one person may count for one item, so that nobody makes a thing popular alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, String, column, select, true, values

from app.interactions.interaction import Interaction
from app.interactions.tables import interactions
from indexer.database import slices
from indexer.tables import EPOCH

DAY = timedelta(days=1)

ASKED_AT_ONCE = 1_000
"""Ways to have touched an item that are looked up in one statement, three parameters each."""

Way = tuple[str, str, str]
"""A person, an item, and what they did with it."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What counts of one person doing the same with the same item again and again.

    The decision is noted with each interaction, so that a recount takes it over. It is of what is
    kept when the interaction arrives; late arrivals do not undo earlier decisions.

    Attributes:
        apart: Two that count are more than so long apart.
        daily: So many count a day (UTC) at most.
    """

    apart: timedelta = timedelta(seconds=10)
    daily: int = 5


@dataclass(slots=True)
class _Counted:
    """When a person did something that counts, for each way."""

    moments: dict[Way, list[datetime]] = field(default_factory=dict)

    def admits(self, way: Way, moment: datetime, caps: Caps) -> bool:
        same = self.moments.get(way, ())
        if any(abs(moment - each) <= caps.apart for each in same):
            return False
        return sum(_day(each) == _day(moment) for each in same) < caps.daily

    def add(self, way: Way, moment: datetime) -> None:
        self.moments.setdefault(way, []).append(moment)


def countable(
    connection: Connection, fresh: Sequence[Interaction], caps: Caps, machines: Collection[str]
) -> list[bool]:
    """Say of each interaction whether popularity counts it; one read.

    Args:
        connection: In the transaction that keeps them, with their people's rows held.
        fresh: Not kept yet; earlier ones are decided first.
        caps: The rules.
        machines: user_ids of whom nothing counts.
    """
    counted = _counted(connection, fresh)
    decided = []
    for each in fresh:
        way = each.user_id, each.item_id, each.kind
        counts = each.user_id not in machines and counted.admits(way, each.happened_at, caps)
        if counts:
            counted.add(way, each.happened_at)
        decided.append(counts)
    return decided


def _counted(connection: Connection, fresh: Sequence[Interaction]) -> _Counted:
    """Read what counts already within a day of these."""
    found = _Counted()
    ways = sorted({(each.user_id, each.item_id, each.kind) for each in fresh})
    times = [each.happened_at for each in fresh]
    for some in slices(ways, ASKED_AT_ONCE):
        reading = counted_rows(some, since=min(times) - DAY, until=max(times) + DAY)
        for row in connection.execute(reading):
            found.add((row.user_id, row.item_id, row.kind), row.happened_at)
    return found


def counted_rows(ways: Sequence[Way], *, since: datetime, until: datetime) -> Select[Any]:
    """Select what counts already of some ways to have touched an item, between two times."""
    # A join, as SQLite walks all interactions for `(a, b, c) IN (VALUES …)`.
    asked = (
        values(
            column("user_id", String),
            column("item_id", String),
            column("kind", String),
            name="asked",
        )
        .data(list(ways))
        .cte("asked")
    )
    there = interactions.c
    same = (
        (there.user_id == asked.c.user_id)
        & (there.item_id == asked.c.item_id)
        & (there.kind == asked.c.kind)
    )
    return (
        select(there.user_id, there.item_id, there.kind, there.happened_at)
        .select_from(asked.join(interactions, same))
        .where(there.happened_at.between(since, until), there.counted == true())
    )


def _day(moment: datetime) -> int:
    return (moment - EPOCH) // DAY
