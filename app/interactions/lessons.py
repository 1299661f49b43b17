"""What people did, read from SQL as a stream, cleaned and put into numbers to be learned from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, func, select

from app.behaviour.cleaning import Rules, clean
from app.behaviour.collecting import EPOCH, Collected, Happened, collect
from app.behaviour.log import Log
from app.interactions.reads import with_items
from app.interactions.tables import interactions
from app.people.standings import nobody_leaving
from app.recommend.evidence import EvidenceSettings, deed_weight
from indexer.database import Database
from indexer.lessons import Lesson
from indexer.tables import items
from indexer.throttle import Throttle

PAGE = 5_000
"""Interactions read at once, in a transaction of some 20 ms."""

LEAST = 250
"""Interactions read at once while people ask; fewer would cost more in calls."""

_WEIGHTS = 10_000
"""Pairs of kind and value whose weight is remembered: there are few different ones."""


@dataclass(frozen=True, slots=True)
class InteractionLessons:
    """Interactions in SQL as lessons: see `indexer.lessons.Lessons`.

    Attributes:
        database: Of interactions and items.
        evidence: What each kind of interaction weighs, as a deed: whatever the stars of a rating.
            Age plays no part, as decays are learned.
        rules: What is left out.
        throttle: Makes what paces a reading.
    """

    database: Database
    evidence: EvidenceSettings
    rules: Rules = field(default_factory=Rules)
    throttle: Callable[[], Throttle] = Throttle

    def read(self, progress: Callable[[str, int, int], None]) -> Lesson:
        """Read everything there is now, a page at a time.

        Interactions with items that do not exist, and those that weigh nothing, are left out.
        """
        total = self.since(None)
        found = collect(self._stream(total, progress))
        rows = len(found.log)
        weighty = found.log.kept(np.flatnonzero(found.log.weights))
        cleaned = clean(weighty, self.rules)
        dropped = {
            "unknown items": max(total - rows, 0),
            "of no weight": rows - len(weighty),
            **cleaned.dropped,
        }
        return _lesson(cleaned.log, found, read=total, dropped=dropped)

    def since(self, moment: datetime | None) -> int:
        """Count the interactions that happened after a moment; all of them for None."""
        counted = select(func.count()).select_from(interactions)
        if moment is not None:
            counted = counted.where(interactions.c.happened_at > moment)
        with self.database.reading() as connection:
            return connection.scalar(counted) or 0

    def _stream(self, total: int, progress: Callable[[str, int, int], None]) -> Iterator[Happened]:
        @lru_cache(_WEIGHTS)
        def weight(kind: str, value: float | None) -> float:
            return deed_weight(kind, value, self.evidence)

        with self.database.reading() as connection:
            last = connection.scalar(select(func.max(interactions.c.id))) or 0
        after = done = 0
        throttle = self.throttle()
        while after < last:
            progress("reading", min(done, total), total)
            size = throttle.room(PAGE, least=LEAST)
            with throttle.work(size):
                page, after = self._page(after, last, size)
                done += size
                for row in page:
                    yield Happened(
                        row.user_id, row.key, row.kind, weight(row.kind, row.value), row.happened_at
                    )

    def _page(self, after: int, last: int, size: int) -> tuple[Sequence[Row[Any]], int]:
        """Read so many interactions after a number, and say up to which number that is."""
        read = (
            select(interactions)
            .where(
                interactions.c.id > after,
                interactions.c.id <= last,
                nobody_leaving(interactions.c.user_id),
            )
            .order_by(interactions.c.id)
            .limit(size)
            .subquery()
        )
        reading: Select[Any] = (
            select(
                read.c.id,
                read.c.user_id,
                items.c.key,
                read.c.kind,
                read.c.value,
                read.c.happened_at,
            )
            .select_from(with_items(read))
            .order_by(read.c.id)
        )
        with self.database.reading() as connection:
            rows = connection.execute(reading).all()
        return [row for row in rows if row.key is not None], rows[-1].id if rows else last


def _lesson(log: Log, found: Collected, *, read: int, dropped: dict[str, int]) -> Lesson:
    """Number people and items anew, those left only, and sort into sequences."""
    _, people = np.unique(log.people, return_inverse=True)
    numbers, what = np.unique(log.items, return_inverse=True)
    count = int(people.max()) + 1 if len(log) else 0
    numbered = Log(people, what, log.kinds, log.weights, log.days)
    until = EPOCH + timedelta(days=float(log.days.max())) if len(log) else None
    return Lesson(
        sequences=numbered.sequences(count),
        item_keys=tuple(found.item_keys[number] for number in numbers.tolist()),
        read=read,
        dropped=dropped,
        until=until,
    )
