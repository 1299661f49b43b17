"""How often one person may count for one item, so that nobody makes a thing popular alone."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    String,
    column,
    func,
    literal,
    select,
    true,
)

from app.interactions.interaction import Interaction
from app.interactions.tables import interactions
from indexer.tables import EPOCH

DAY = timedelta(days=1)

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
    reading = counted_rows(
        ways, connection.dialect.name, since=min(times) - DAY, until=max(times) + DAY
    )
    for row in connection.execute(reading):
        found.add((row.user_id, row.item_id, row.kind), row.happened_at)
    return found


def counted_rows(
    ways: Sequence[Way], dialect: str, *, since: datetime, until: datetime
) -> Select[Any]:
    """Select what counts already of some ways to have touched an item, between two times."""
    there = interactions.c
    user_id, item_id, kind = _columns(ways, dialect)
    return select(there.user_id, there.item_id, there.kind, there.happened_at).where(
        there.user_id == user_id,
        there.item_id == item_id,
        there.kind == kind,
        there.happened_at.between(since, until),
        there.counted == true(),
    )


def _columns(ways: Sequence[Way], dialect: str) -> Sequence[ColumnElement[str]]:
    """Make a table of ways to join with, however many there are of the same few parameters.

    SQLite walks all interactions for `(a, b, c) IN (VALUES …)`, and a statement with a parameter a
    value is compiled anew for each batch, which took as long as keeping it.
    """
    if dialect == "sqlite":
        written = literal(json.dumps(ways), String)
        asked = func.json_each(written).table_valued("value", name="asked")
        return [func.json_extract(asked.c.value, f"$[{place}]") for place in range(3)]
    arrays = [literal(list(column), ARRAY(String)) for column in zip(*ways, strict=True)]
    unnested = func.unnest(*arrays).table_valued(
        column("user_id", String), column("item_id", String), column("kind", String), name="asked"
    )
    return list(unnested.render_derived().c)


def _day(moment: datetime) -> int:
    return (moment - EPOCH) // DAY
