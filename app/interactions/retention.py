"""How long each kind of interaction is kept, and deleting what is past it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select

from app.interactions.counts import Popularity
from app.interactions.sums import counting
from app.interactions.tables import interactions
from app.people import activity
from app.people.standings import RIGHTS, nobody_leaving
from indexer.database import Database, beside

LOOKED_AT_ONCE = 10_000
"""Interactions looked at in one read."""

DELETED_AT_ONCE = 500
"""Interactions deleted in one transaction at most: some 30 ms that other writers wait on SQLite."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long interactions are kept.

    Attributes:
        kinds: Kind to how long, above 0.
        others: How long all other kinds are; None: without end.
    """

    kinds: Mapping[str, timedelta] = field(default_factory=dict)
    others: timedelta | None = None

    def expired(self, kind: str, happened_at: datetime, now: datetime) -> bool:
        """Say whether an interaction is older than its kind is kept."""
        kept = self.kinds.get(kind, self.others)
        return kept is not None and happened_at < now - kept

    @property
    def endless(self) -> bool:
        """Whether everything is kept."""
        return not self.kinds and self.others is None


class Sweep:
    """Deletes interactions that are past their retention; popularity keeps counting them.

    Walks all interactions in order of arrival, each step a short read and short transactions, so
    that nobody waits; several that sweep at once do no harm. What is begun and not finished is done
    by the next one.
    """

    def __init__(self, database: Database, popularity: Popularity, retention: Retention) -> None:
        self._database = database
        self._popularity = popularity
        self._retention = retention

    def run(self, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
        """Delete what is past its retention; return how many there were.

        Args:
            now: From which age is counted.
            stopping: Asked between steps; true ends the sweep early.
        """
        deleted = after = 0
        if self._retention.endless:
            return 0
        while not stopping():
            last, expired = self._look(after, now)
            if last is None:
                break
            for start in range(0, len(expired), DELETED_AT_ONCE):
                deleted += self._delete(expired[start : start + DELETED_AT_ONCE])
            after = last
        return deleted

    def _look(self, after: int, now: datetime) -> tuple[int | None, list[int]]:
        """Look at the next stretch: its last id, or None at the end, and which are expired."""
        column = interactions.c
        stretch = (
            select(column.id)
            .where(column.id > after)
            .order_by(column.id)
            .limit(LOOKED_AT_ONCE)
            .subquery()
        )
        old = [
            and_(column.kind == kind, column.happened_at < now - kept)
            for kind, kept in sorted(self._retention.kinds.items())
        ]
        if self._retention.others is not None:
            others = column.kind.not_in(sorted(self._retention.kinds))
            old.append(and_(others, column.happened_at < now - self._retention.others))
        with self._database.reading() as connection:
            last = connection.scalar(select(func.max(stretch.c.id)))
            if last is None:
                return None, []
            wanted = select(column.id).where(column.id > after, column.id <= last, or_(*old))
            return last, list(connection.scalars(wanted.order_by(column.id)))

    def _delete(self, ids: Sequence[int]) -> int:
        with self._database.writing() as connection:
            # Whose erasure began has no sums any more, and is left to it.
            beside(connection, RIGHTS)
            theirs = interactions.c.id.in_(ids), nobody_leaving(interactions.c.user_id)
            wanted = select(interactions.c.user_id).where(*theirs).distinct()
            users = sorted(connection.scalars(wanted))
            activity.hold(connection, users)
            # Another's by now, if they were merged meanwhile: for the next sweep.
            still = interactions.c.user_id.in_(users)
            gone = connection.execute(
                delete(interactions).where(*theirs, still).returning(interactions)
            ).all()
            self._popularity.detach(connection, counting(gone))
            _shorten(connection, gone)
            activity.drop_empty(connection, users)  # another sweep may have been here first
        return len(gone)


def _shorten(connection: Connection, gone: Sequence[Row[Any]]) -> None:
    """Take deleted interactions out of what their people did in sum."""
    counts = Counter(row.user_id for row in gone)
    purchases = Counter(row.user_id for row in gone if row.kind == activity.PURCHASE)
    for user_id, count in sorted(counts.items()):
        moment = interactions.c.happened_at
        ends = select(func.min(moment), func.max(moment)).where(interactions.c.user_id == user_id)
        first_at, last_at = connection.execute(ends).one()
        left = None if first_at is None else (first_at, last_at)
        activity.shorten(connection, user_id, count, purchases=purchases[user_id], left=left)
