"""Counting anew: what was summed up with every interaction, against the interactions themselves."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, func, select, true, union_all

from app.interactions.counts import Popularity
from app.interactions.sums import Levels
from app.interactions.tables import interactions, popularity
from app.people import activity
from app.people.standings import not_left
from app.people.tables import activity as sums
from app.recommend.popularity import NO_LEVEL, count_at, level_sum
from indexer.database import Database
from indexer.faults import Check, Fault, Tally
from indexer.tables import items

PAGE = 5_000
"""Interactions, or sums, of one stretch; an item or a person with more of them is read whole, as a
stream."""

TOLERANCE = 1e-6
"""Difference between a count and a recount, relative and absolute, that is rounding."""


class Recount:
    """Compares sums with what they are sums of, a stretch of items or people at a time.

    Interactions and sums are written in one transaction, and a stretch is one consistent read: so
    they agree at any moment, whatever is being written.
    """

    def __init__(
        self, database: Database, popularity: Popularity, name: Callable[[str], str]
    ) -> None:
        """Prepare without reading.

        Args:
            database: With the interactions.
            popularity: Counts as they were counted.
            name: Makes of a user_id what may be shown of it.
        """
        self._database = database
        self._popularity = popularity
        self._name = name

    def popularity(self, *, now: datetime, repair: bool = False) -> Check:
        """Compare what is popular with a recount; with `repair`, put the recount in its place.

        What was deleted because of its age stays counted, and is noted beside the count.
        Where weights were changed since, what was counted before has the weights of then and
        differs; a recount has today's.
        """
        tally = Tally("popularity")
        for within in self._stretches(interactions.c.item_id, popularity.c.item_id):
            with self._database.reading() as connection:
                which = within(interactions.c.item_id)
                anew = self._popularity.sums.of_kept(connection, which)
                held, detached = self._popularity.held(connection, within(popularity.c.item_id))
            tally.looked_at += len({item_id for item_id, _ in anew})
            wrong = self._unequal(held, _with(anew, detached), now)
            for item_id in wrong:
                seen = "its count is not what its interactions come to"
                tally.add(Fault("miscounted", item_id, seen))
            if repair and wrong:
                self._popularity.recount(wrong)
                tally.mended["miscounted"] += len(wrong)
        return tally.check()

    def _unequal(self, held: Levels, anew: Levels, now: datetime) -> list[str]:
        """Tell of which items counts differ by more than rounding, sorted."""
        sums = self._popularity.sums
        half_lives = {row: sums.half_lives[horizon] for horizon, row in sums.rows.items()}
        wrong = set()
        for key in held.keys() | anew.keys():
            one, other = (
                count_at(levels.get(key, NO_LEVEL), now, half_life=half_lives[key[1]])
                for levels in (held, anew)
            )
            if not math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
                wrong.add(key[0])
        return sorted(wrong)

    def activity(self, *, repair: bool = False) -> Check:
        """Compare what people did, summed up, with a recount.

        What they spent cannot be recounted, as it is by the prices of then: it is left as it is,
        and where the whole sum is gone it is made by today's.
        """
        tally = Tally("activity")
        for within in self._stretches(interactions.c.user_id, sums.c.user_id):
            with self._database.reading() as connection:
                anew = {row.user_id: row for row in connection.execute(_summed(within))}
                read = select(sums).where(within(sums.c.user_id))
                held = {row.user_id: row for row in connection.execute(read)}
            tally.looked_at += len(anew)
            wrong = [
                user_id
                for user_id in sorted(held.keys() | anew.keys())
                if _numbers(held.get(user_id)) != _numbers(anew.get(user_id))
            ]
            for user_id in wrong:
                tally.add(_differs(self._name(user_id), held.get(user_id), anew.get(user_id)))
            if repair:
                for user_id in wrong:
                    self._sum_anew(user_id)
                tally.mended["missummed"] += len(wrong)
        return tally.check()

    def _stretches(self, mine: Column[Any], theirs: Column[Any]) -> Iterator["Within"]:
        """Go through two tables by the same ids, in stretches of bounded length.

        Where a stretch ends is found by SQL, which alone knows how its ids are ordered.
        """
        after = ""
        while True:
            ends = union_all(*(_end(column, after) for column in (mine, theirs))).subquery()
            with self._database.reading() as connection:
                up_to = connection.scalar(select(func.min(ends.c.id)))
            yield _within(after, up_to)
            if up_to is None:
                return
            after = up_to

    def _sum_anew(self, user_id: str) -> None:
        only: Within = lambda column: column == user_id  # noqa: E731 - as short as it is
        with self._database.writing() as connection:
            # Held first: whoever records meanwhile waits, and adds to what is written here.
            activity.lock(connection, user_id)
            row = connection.execute(_summed(only)).one_or_none()
            spend = None
            if row is not None:
                spend = connection.scalar(_spent(user_id)) or 0.0
            activity.replace_counts(connection, user_id, _did(row, spend))


Within = Callable[[Column[Any]], Any]
"""Makes of a column of ids the condition that it is in a stretch."""


def _end(column: Column[Any], after: str) -> Select[Any]:
    # As a table of its own: SQLite takes no LIMIT in a part of a UNION.
    end = select(column.label("id")).where(column > after).order_by(column).offset(PAGE).limit(1)
    return select(end.subquery().c.id)


def _within(after: str, up_to: str | None) -> Within:
    def condition(column: Column[Any]) -> Any:  # noqa: ANN401 - SQLAlchemy's own type has two names
        bounded = true() if up_to is None else column <= up_to
        return (column > after) & bounded

    return condition


def _with(anew: Levels, detached: Levels) -> Levels:
    """Add what is noted of deleted interactions."""
    return {
        key: level_sum(anew.get(key, NO_LEVEL), detached.get(key, NO_LEVEL))
        for key in anew.keys() | detached.keys()
    }


def _summed(within: Within) -> Select[Any]:
    column = interactions.c
    return (
        select(
            column.user_id,
            func.min(column.happened_at).label("first_at"),
            func.max(column.happened_at).label("last_at"),
            func.count().label("interactions"),
            func.count().filter(column.kind == activity.PURCHASE).label("purchases"),
        )
        # Of what an erasure has yet to delete there are no sums any more.
        .where(within(column.user_id), not_left(column.user_id, column.id))
        .group_by(column.user_id)
    )


def _spent(user_id: str) -> Select[Any]:
    bought = interactions.c.user_id == user_id, interactions.c.kind == activity.PURCHASE
    worth = items.c.price * func.coalesce(interactions.c.value, 1.0)
    return (
        select(func.sum(worth))
        .join_from(interactions, items, items.c.item_id == interactions.c.item_id)
        .where(*bought)
    )


def _numbers(row: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a row of either table
    if row is None or row.interactions == 0:
        return (0, 0)
    return row.interactions, row.purchases, row.first_at, row.last_at


def _did(row: Any, spend: float | None) -> activity.Activity | None:  # noqa: ANN401 - as above
    if row is None:
        return None
    return activity.Activity(
        row.first_at, row.last_at, row.interactions, row.purchases, spend or 0.0
    )


def _differs(name: str, held: Any, anew: Any) -> Fault:  # noqa: ANN401 - as above
    one, other = _numbers(held)[:2], _numbers(anew)[:2]
    seen = (
        f"{one[0]} interactions and {one[1]} purchases are summed up, {other[0]} and {other[1]} are"
        " there"
        if one != other
        else "when they first or last did something is not what their interactions say"
    )
    return Fault("missummed", name, seen)
