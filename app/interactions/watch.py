"""Looking for machines and bursts among who did something lately, by the rules of training."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Row, func, select, true, update

from app.behaviour.cleaning import Rules, bursts, instants, suspicions
from app.behaviour.log import SECONDS, Log, Mask
from app.interactions.counts import Popularity
from app.interactions.tables import interactions
from app.people.standings import RIGHTS, nobody_leaving
from app.people.suspects import acquit, suspect, suspected
from app.people.tables import activity
from indexer.database import Database, alone, beside, slices, upsert
from indexer.tables import EPOCH, facts

FACT = "watched_until"
"""The last interaction, in order of arrival, whose person was looked at."""

LOOKED_AT_ONCE = 10_000
"""Interactions whose people are gathered in one read."""

UNCOUNTED_AT_ONCE = 500
"""Interactions taken out of popularity in one transaction at most."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look came to.

    Attributes:
        people: Who were looked at: those who did something since and have done enough to be judged.
        suspects: How many of them behave like machines.
        uncounted: Interactions that were taken out of popularity.
    """

    people: int = 0
    suspects: int = 0
    uncounted: int = 0

    def __add__(self, other: "Watched") -> "Watched":
        """Sum up two looks."""
        return Watched(
            self.people + other.people,
            self.suspects + other.suspects,
            self.uncounted + other.uncounted,
        )


class Watch:
    """Judges people by the newest of what they did, as often as it is asked to.

    Everybody who did something since the last look is judged by at most as many of their newest
    interactions as the rule of a whole day needs. Of a machine none of those counts any more, of
    others those in bursts do not; what a suspect does from then on does not count either
    (`app.interactions.caps`), until a look finds them behaving like a person.
    """

    def __init__(self, database: Database, popularity: Popularity, rules: Rules) -> None:
        self._database = database
        self._popularity = popularity
        self._rules = rules
        # Fewer moments break no rule.
        self._least = min(
            rules.burst_moments, rules.clock_moments, rules.day_moments, rules.instant_most
        )
        self._most = (
            max(rules.day_moments, rules.instant_most, rules.burst_moments, rules.clock_moments) + 1
        )

    def look(self, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> Watched:
        """Look at everybody who did something since the last look.

        Args:
            now: Noted with suspects.
            stopping: Asked between steps; true ends the look early, and the next goes on there.
        """
        total = Watched()
        until = self._until()
        while not stopping():
            last, users = self._lately(self._after(), until)
            if last is None:
                break
            for user_id in users:
                total += self._judge(user_id, now)
            self._note(last)
        return total

    def _until(self) -> int:
        """Return the last number that was given when nobody was writing one.

        Numbers are given before they can be seen, so a smaller one may come later than a larger.
        """
        with self._database.writing() as connection:
            alone(connection, RIGHTS)
            return connection.scalar(select(func.max(interactions.c.id))) or 0

    def _after(self) -> int:
        with self._database.reading() as connection:
            kept = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))
        return 0 if kept is None else int(json.loads(kept))

    def _note(self, last: int) -> None:
        with self._database.writing() as connection:
            inserting = upsert(connection, facts).values(name=FACT, value=json.dumps(last))
            connection.execute(
                inserting.on_conflict_do_update(
                    index_elements=[facts.c.name], set_={"value": inserting.excluded.value}
                )
            )

    def _lately(self, after: int, until: int) -> tuple[int | None, list[str]]:
        """Gather who did enough to be judged, out of the next stretch of arrivals."""
        column = interactions.c
        stretch = (
            select(column.id, column.user_id)
            .where(column.id > after, column.id <= until)
            .order_by(column.id)
            .limit(LOOKED_AT_ONCE)
            .subquery()
        )
        users: list[str] = []
        with self._database.reading() as connection:
            last = connection.scalar(select(func.max(stretch.c.id)))
            arrived = sorted(connection.scalars(select(stretch.c.user_id).distinct()))
            for some in slices(arrived):
                enough = select(activity.c.user_id).where(
                    activity.c.user_id.in_(some), activity.c.interactions >= self._least
                )
                users += connection.scalars(enough)
        return last, sorted(users)

    def _judge(self, user_id: str, now: datetime) -> Watched:
        column = interactions.c
        newest = (
            select(column.id, column.happened_at)
            .where(column.user_id == user_id)
            .order_by(column.happened_at.desc(), column.id.desc())
            .limit(self._most)
        )
        with self._database.reading() as connection:
            rows = list(reversed(connection.execute(newest).all()))
            known = bool(suspected(connection, [user_id]))
        log = _log(rows)
        reasons = [name for name, found in suspicions(log, self._rules).items() if found.any()]
        if reasons:
            self._suspect(user_id, reasons, rows, now)
            wrong = np.ones(len(rows), dtype=np.bool_)
        else:
            if known:
                with self._database.writing() as connection:
                    acquit(connection, [user_id])
            wrong = bursts(log, self._rules) | instants(log, self._rules)
        uncounted = sum(map(self._uncount, _some(rows, wrong)))
        return Watched(1, int(bool(reasons)), uncounted)

    def _suspect(
        self,
        user_id: str,
        reasons: Sequence[str],
        rows: Sequence[Row[tuple[int, datetime]]],
        now: datetime,
    ) -> None:
        """Note a suspect, unless they were erased or merged since what they did was read."""
        column = interactions.c
        theirs = select(column.id).where(
            column.id == rows[-1].id, column.user_id == user_id, nobody_leaving(column.user_id)
        )
        with self._database.writing() as connection:
            beside(connection, RIGHTS)
            if connection.scalar(theirs) is not None:
                suspect(connection, user_id, reasons, looked_at=len(rows), now=now)

    def _uncount(self, ids: Sequence[int]) -> int:
        column = interactions.c
        with self._database.writing() as connection:
            changed = connection.execute(
                update(interactions)
                .where(column.id.in_(ids), column.counted == true())
                .values(counted=False)
                .returning(column.item_id, column.kind, column.value, column.happened_at)
            ).all()
            self._popularity.take_out(connection, [tuple(row) for row in changed])
        return len(changed)


def _log(rows: Sequence[Row[tuple[int, datetime]]]) -> Log:
    """Make a log of one person's interactions, oldest first; only their times are read."""
    zeros = np.zeros(len(rows), dtype=np.int64)
    seconds = [(row.happened_at - EPOCH).total_seconds() for row in rows]
    return Log(
        zeros, zeros, zeros, np.zeros(len(rows), dtype=np.float32), np.array(seconds) / SECONDS
    )


def _some(rows: Sequence[Row[tuple[int, datetime]]], wanted: Mask) -> Iterator[Sequence[int]]:
    ids = sorted(row.id for row, each in zip(rows, wanted, strict=True) if each)
    return slices(ids, UNCOUNTED_AT_ONCE)
