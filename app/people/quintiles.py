"""How all active people spread: measured now and then by whoever comes first, read by everyone."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, func, select

from app.people.activity import Activity
from app.people.segments import FIFTHS, Edges, Quintiles, Scores, edges, scores
from app.people.tables import activity
from indexer.database import Database, upsert
from indexer.tables import EPOCH, MICROSECOND, facts

FACT = "people_quintiles"

FRESH = timedelta(minutes=1)
"""How long a process relies on what it read."""

NOBODY = Quintiles(0)


class Spread:
    """The quintiles of all people, as last measured.

    Reading them costs one row a minute; measuring sorts everybody inside the database, so that no
    list of people is ever held here.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: tuple[float, Quintiles] | None = None

    def scores(self, connection: Connection, did: Activity | None) -> Scores | None:
        """Score what a person did; None for nothing, and while there are too few people."""
        if did is None:
            return None
        return scores(
            recency=_microseconds(did.last_at),
            frequency=did.interactions,
            monetary=did.spend,
            quintiles=self.held(connection),
        )

    def held(self, connection: Connection) -> Quintiles:
        """Return the quintiles as they were at most a minute ago."""
        held = self._held
        if held is not None and time.monotonic() - held[0] < FRESH.total_seconds():
            return held[1]
        kept = _kept(connection)
        found = NOBODY if kept is None else _read(kept)
        self._held = (time.monotonic(), found)
        return found

    def measure(self, *, now: datetime, unless_since: datetime | None = None) -> Quintiles | None:
        """Measure how people spread, and keep it for every process.

        Args:
            now: Noted with it.
            unless_since: If somebody measured since then, nothing is done. Two that begin at once
                both measure, and the later one's is kept.

        Returns:
            None where nothing was done.
        """
        with self._database.reading() as connection:
            kept = _kept(connection)
            if unless_since is not None and kept is not None:
                measured = datetime.fromisoformat(kept["measured_at"])
                if unless_since <= measured <= now:
                    return None
            found = _measured(connection)
        text = json.dumps({**asdict(found), "measured_at": now.isoformat()})
        with self._database.writing() as connection:
            inserting = upsert(connection, facts).values(name=FACT, value=text)
            connection.execute(
                inserting.on_conflict_do_update(
                    index_elements=[facts.c.name], set_={"value": inserting.excluded.value}
                )
            )
        self._held = (time.monotonic(), found)
        return found


def _measured(connection: Connection) -> Quintiles:
    people = connection.scalar(select(func.count()).select_from(activity)) or 0
    if people < FIFTHS:
        return Quintiles(people)
    return Quintiles(
        people,
        recency=_edges(connection, activity.c.last_at),
        frequency=_edges(connection, activity.c.interactions),
        monetary=_edges(connection, activity.c.spend),
    )


def _edges(connection: Connection, measure: Column[Any]) -> Edges:
    fifth = func.ntile(FIFTHS).over(order_by=measure).label("fifth")
    ranked = select(measure.label("value"), fifth).subquery()
    reading = (
        select(func.min(ranked.c.value), func.max(ranked.c.value))
        .group_by(ranked.c.fifth)
        .order_by(ranked.c.fifth)
    )
    rows = [tuple(map(_number, row)) for row in connection.execute(reading)]
    return edges(rows[0][0], [largest for _, largest in rows])


def _number(value: datetime | float) -> float:
    return _microseconds(value) if isinstance(value, datetime) else float(value)


def _microseconds(moment: datetime) -> float:
    # Exact: a double holds every whole number of microseconds until the year 2255.
    return float((moment - EPOCH) // MICROSECOND)


def _kept(connection: Connection) -> dict[str, Any] | None:
    text = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))
    if text is None:
        return None
    kept: dict[str, Any] = json.loads(text)
    return kept


def _read(kept: Mapping[str, Any]) -> Quintiles:
    return Quintiles(
        people=kept["people"],
        recency=tuple(kept["recency"]),
        frequency=tuple(kept["frequency"]),
        monetary=tuple(kept["monetary"]),
    )
