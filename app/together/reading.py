"""What people did, read one person after another, so that no list of everything is ever held."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, func, select

from app.behaviour.collecting import day_of
from app.behaviour.log import Log
from app.interactions.reads import with_items
from app.interactions.tables import interactions
from app.people.standings import nobody_leaving
from app.recommend.evidence import EvidenceSettings, kind_weight
from indexer.database import Database
from indexer.tables import items
from indexer.throttle import Throttle

READ_AT_ONCE = 20_000
"""Interactions read in one transaction."""

LEAST_AT_ONCE = 500
"""While people ask; fewer would cost more in calls, and hold fewer people whole."""

MOST_OF_ONE = 100_000
"""Interactions of one person, at most: more are no person's, and are left out altogether."""


@dataclass
class Numbering:
    """Numbers given as names come, from 0."""

    given: dict[Any, int] = field(default_factory=dict)

    def __call__(self, name: str | int) -> int:
        """Return the number of a name."""
        return self.given.setdefault(name, len(self.given))


@dataclass(frozen=True, slots=True)
class Part:
    """What some people did, everything of each.

    Attributes:
        log: Of items that exist; people are numbered from 0 within the part.
        people: How many.
        read: Interactions read, those left out included.
        tireless: Interactions left out because one person had more than MOST_OF_ONE.
    """

    log: Log
    people: int
    read: int
    tireless: int = 0


class Reader:
    """Reads interactions by person.

    Args:
        database: Where they are.
        evidence: What each weighs.
        at_once: Interactions read in one transaction, 2 or more.
        most_of_one: Of one person, at most.
        throttle: Paces the reading.

    Attributes:
        items: Numbers the keys of items.
        kinds: Numbers kinds.
    """

    def __init__(
        self,
        database: Database,
        evidence: EvidenceSettings,
        *,
        at_once: int = READ_AT_ONCE,
        most_of_one: int = MOST_OF_ONE,
        throttle: Throttle | None = None,
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._at_once = at_once
        self._most_of_one = most_of_one
        self._throttle = throttle or Throttle()
        self.items = Numbering()
        self.kinds = Numbering()

    def parts(self) -> Iterator[Part]:
        """Read everybody once, in the order of an index, in one short transaction a part.

        What is written meanwhile is read or not.
        """
        after: str | None = ""
        while after is not None:
            size = self._throttle.room(self._at_once, least=LEAST_AT_ONCE)
            with self._throttle.work(size):
                part, after = self._next(after, size)
                if part is not None:
                    yield part

    def _next(self, after: str, size: int) -> tuple[Part | None, str | None]:
        """Read the people after one; say after whom to go on, or None where nobody is left."""
        rows = self._read(after_rows(after, limit=size))
        if not rows:
            return None, None
        if len(rows) < size:
            return self._part(rows), None
        last = rows[-1].user_id
        whole = [row for row in rows if row.user_id != last]
        if whole:
            return self._part(whole), whole[-1].user_id
        return self._one(last), last

    def count(self) -> int:
        """Count what there is to read."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(interactions)) or 0

    def _one(self, user_id: str) -> Part:
        """Read a person of more than one part."""
        rows = self._read(one_rows(user_id, limit=self._most_of_one + 1))
        if len(rows) <= self._most_of_one:
            return self._part(rows)
        return Part(self._log([]), 1, len(rows), len(rows))

    def _read(self, wanted: Select[Any]) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(wanted).all()

    def _part(self, rows: Sequence[Row[Any]]) -> Part:
        people = sum(1 for _ in groupby(rows, key=lambda row: row.user_id))
        return Part(self._log(rows), people, len(rows))

    def _log(self, rows: Sequence[Row[Any]]) -> Log:
        there = [row for row in rows if row.key is not None]
        people = Numbering()
        return Log(
            np.array([people(row.user_id) for row in there], dtype=np.int64),
            np.array([self.items(row.key) for row in there], dtype=np.int64),
            np.array([self.kinds(row.kind) for row in there], dtype=np.int64),
            np.array(
                [kind_weight(row.kind, row.value, self._evidence) for row in there],
                dtype=np.float32,
            ),
            np.array([day_of(row.happened_at) for row in there], dtype=np.float64),
        )


def after_rows(after: str, *, limit: int) -> Select[Any]:
    """Select what the people after one did, by person and time, oldest first."""
    return _with_keys(
        select(interactions)
        .where(interactions.c.user_id > after, nobody_leaving(interactions.c.user_id))
        .order_by(interactions.c.user_id, interactions.c.happened_at, interactions.c.id)
        .limit(limit)
    )


def one_rows(user_id: str, *, limit: int) -> Select[Any]:
    """Select what one person did, oldest first."""
    return _with_keys(
        select(interactions)
        .where(interactions.c.user_id == user_id)
        .order_by(interactions.c.happened_at, interactions.c.id)
        .limit(limit)
    )


def _with_keys(wanted: Select[Any]) -> Select[Any]:
    """Look up the items' keys; null where an item does not exist, not yet or not any more."""
    read = wanted.subquery()
    return (
        select(read.c.user_id, items.c.key, read.c.kind, read.c.value, read.c.happened_at)
        .select_from(with_items(read))
        .order_by(read.c.user_id, read.c.happened_at, read.c.id)
    )
