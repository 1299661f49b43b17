"""What is popular: decayed counts kept with every interaction, read from an index."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, delete, insert, select, text, true

from app.interactions.interaction import Interaction
from app.interactions.kept import Kept, locked, rows_of, write
from app.interactions.sums import Did, Levels, Sums
from app.interactions.tables import interactions, popularity
from app.interactions.tops import counted, in_category, largest
from app.interactions.trending import Worth, best_of_both
from app.recommend.evidence import EvidenceSettings
from app.recommend.popularity import (
    NO_LEVEL,
    TRENDING_PRIOR,
    count_at,
    level_difference,
    level_sum,
    steadied,
)
from app.recommend.sources import Counted
from indexer.database import Database, slices

HALF_LIVES: Mapping[str, timedelta] = MappingProxyType(
    {"popular": timedelta(days=30), "trending": timedelta(days=1)}
)
"""Horizon to half-life: what has been liked for weeks, and what is being talked of today."""

POPULAR, TRENDING = "popular", "trending"
"""What is trending is steadied by what is popular, where both are counted."""

ROUNDING = 1e-6
"""Difference between two levels of one count summed in different orders, far below 1 ppm of it."""

MOST_LEFT = 0.9
"""Share of a count that may be left when a part is taken out: rounding then hardly grows. Where
less is left, the item is counted anew."""

Within = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""Makes of a column of ids the condition that it is one of some."""


class Popularity:
    """Decayed counts in SQL, one row an item and horizon.

    An interaction costs one locked row a horizon, whenever it happened and however late it arrives.
    """

    def __init__(
        self,
        database: Database,
        half_lives: Mapping[str, timedelta] = HALF_LIVES,
        weights: EvidenceSettings | None = None,
        *,
        prior: float = TRENDING_PRIOR,
    ) -> None:
        """Prepare without reading.

        Args:
            database: Where counts are kept.
            half_lives: Horizon (at most 32 characters) to half-life, above 0.
            weights: What each kind counts, the same as for evidence; what speaks against an item
                counts 0, so that a quarrel does not make it popular. Changed weights hold for
                interactions from then on.
            prior: How well what is usual for an item is known before what is trending is counted
                (`app.recommend.popularity.steadied`); 0 takes the count alone.
        """
        self._database = database
        self._sums = Sums(half_lives, weights)
        self._prior = prior

    def add(self, connection: Connection, recorded: Sequence[Interaction]) -> None:
        """Count interactions inside the caller's transaction.

        Rows are locked in the order of item_id and horizon, so that two transactions wait for each
        other instead of in a circle. The sum is made here, as SQLite has no logarithms.
        """
        added = self._sums.of(
            (each.item_id, each.kind, each.value, each.happened_at) for each in recorded
        )
        self._change(
            connection, added, lambda kept, level: Kept(level_sum(kept.score, level), kept.detached)
        )

    def detach(self, connection: Connection, gone: Iterable[Did]) -> None:
        """Keep counting interactions that the caller's transaction deletes.

        What they add to each item's count stays in it, and is noted as a sum of nobody, so that the
        count stays equal to a recount.
        """
        parts = self._sums.of(gone)
        self._change(
            connection, parts, lambda kept, level: Kept(kept.score, level_sum(kept.detached, level))
        )

    def take_out(self, connection: Connection, uncounted: Iterable[Did]) -> None:
        """Count interactions no more that the caller's transaction deleted, or marked so, before.

        What is left stays as exact as a recount: where little is, it is one.
        """
        parts = self._sums.of(uncounted)
        kept = locked(connection, parts)
        changed = {key: self._left(connection, key, kept[key], parts[key]) for key in parts}
        write(connection, changed)

    def _left(self, connection: Connection, key: tuple[str, str], kept: Kept, part: float) -> Kept:
        level = level_difference(kept.score, part)
        if level - kept.score < math.log2(MOST_LEFT):
            item_id, row = key
            horizon = next(name for name, each in self._sums.rows.items() if each == row)
            counting = self._sums.of_item(connection, item_id, horizon)
            level = level_sum(counting, kept.detached)
        return Kept(level, kept.detached)

    def _change(
        self, connection: Connection, levels: Levels, change: Callable[[Kept, float], Kept]
    ) -> None:
        kept = locked(connection, levels)
        write(connection, {key: change(kept[key], level) for key, level in levels.items()})

    def top(
        self, horizon: str, *, limit: int, category: str | None, now: datetime
    ) -> list[Counted]:
        """Read the available items with the largest decayed counts, from an index.

        What is trending is steadied by what is popular, so that where little happens two views
        of yesterday do not come before what many have bought for weeks.

        Args:
            horizon: One of those given at the start; KeyError for another.
            limit: Items at most.
            category: Only items in it, or None for any.
            now: When to count.

        Returns:
            Largest first, ties by item_id; items without a count are not among them.
        """
        half_life = self._sums.half_lives[horizon]
        with self._database.reading() as connection:
            where = true() if category is None else in_category(connection, category)
            if horizon == TRENDING and self._prior > 0 and POPULAR in self._sums.half_lives:
                return self._trending(connection, limit, where, now)
            rows = largest(connection, self._sums.rows[horizon], limit, where)
        return [counted(row, count_at(row.score, now, half_life=half_life)) for row in rows]

    def _trending(
        self, connection: Connection, limit: int, where: ColumnElement[bool], now: datetime
    ) -> list[Counted]:
        """Find what is trending, at most two reads for each depth they are read to."""
        lives = self._sums.half_lives[TRENDING], self._sums.half_lives[POPULAR]
        recent, usual = self._sums.rows[TRENDING], self._sums.rows[POPULAR]

        def worth(trending: float | None, popular: float | None) -> Worth:
            count, popular_count = (
                0.0 if level is None else count_at(level, now, half_life=half_life)
                for level, half_life in zip((trending, popular), lives, strict=True)
            )
            expected = popular_count * (lives[0] / lives[1])
            return Worth(steadied(count, expected, prior=self._prior), risen=count > expected)

        best = best_of_both(
            lambda depth: largest(connection, recent, depth, where, beside=usual),
            lambda depth: largest(connection, usual, depth, where, beside=recent),
            worth,
            limit=limit,
        )
        return [counted(row, held.count, risen=held.risen) for row, held in best]

    def of(self, item_ids: Collection[str], horizon: str, *, now: datetime) -> dict[str, float]:
        """Read the decayed counts of these items, in one indexed read; those without are left out.

        Args:
            item_ids: At most 10,000.
            horizon: One of those given at the start; KeyError for another.
            now: When to count.
        """
        half_life, row = self._sums.half_lives[horizon], self._sums.rows[horizon]
        counts: dict[str, float] = {}
        with self._database.reading() as connection:
            for some in slices(sorted(item_ids)):
                reading = select(popularity.c.item_id, popularity.c.score).where(
                    popularity.c.horizon == row, popularity.c.item_id.in_(some)
                )
                for item_id, score in connection.execute(reading):
                    counts[item_id] = count_at(score, now, half_life=half_life)
        return {item_id: count for item_id, count in counts.items() if count > 0}

    def prepare(self) -> list[str]:
        """Count anew what was counted with other half-lives; to be called before interactions come.

        Reads every interaction if there is something to do, in one transaction that other writers
        wait for; nothing is done when every horizon is counted already. What was counted of
        interactions that are deleted is not in a new count.

        Returns:
            The horizons that were counted anew, sorted.
        """
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # Whoever counts meanwhile waits, and adds to what is written here.
                connection.execute(text("LOCK TABLE popularity IN SHARE ROW EXCLUSIVE MODE"))
            counted = {
                row
                for row in self._sums.rows.values()
                if connection.scalar(
                    select(popularity.c.item_id).where(popularity.c.horizon == row).limit(1)
                )
            }
            missing = sorted(
                horizon for horizon, row in self._sums.rows.items() if row not in counted
            )
            connection.execute(
                delete(popularity).where(popularity.c.horizon.not_in(self._sums.rows.values()))
            )
            if missing:
                self._count_all(connection, missing)
        return missing

    def miscounted(self, connection: Connection, within: Within) -> tuple[list[str], int]:
        """Compare the counts of some items with a recount, in the caller's consistent read.

        Where weights were changed since, what was counted before has the weights of then, and
        differs.

        Returns:
            Those whose counts differ by more than rounding, sorted; and how many items have any.
        """
        column = popularity.c
        reading = select(popularity).where(
            within(column.item_id), column.horizon.in_(self._sums.rows.values())
        )
        held: Levels = {}
        anew = self._sums.of_all(connection, where=within(interactions.c.item_id))
        for row in connection.execute(reading):
            kept, key = Kept.of(row), (row.item_id, row.horizon)
            held[key] = kept.score
            anew[key] = level_sum(anew.get(key, NO_LEVEL), kept.detached)
        there = {item_id for (item_id, _), level in anew.items() if level > NO_LEVEL}
        return _unequal(held, anew), len(there)

    def recount(self, item_ids: Collection[str]) -> None:
        """Put a recount in the place of what is kept of these items, each in a transaction."""
        for item_id in sorted(item_ids):
            with self._database.writing() as connection:
                # Locked first: whoever counts meanwhile waits, and adds to what is written here.
                keys = [(item_id, row) for row in self._sums.rows.values()]
                kept = locked(connection, keys)
                anew = self._sums.of_all(connection, where=interactions.c.item_id == item_id)
                right = {
                    key: Kept(
                        level_sum(anew.get(key, NO_LEVEL), kept[key].detached), kept[key].detached
                    )
                    for key in keys
                }
                write(connection, right)

    def _count_all(self, connection: Connection, horizons: Collection[str]) -> None:
        found = self._sums.of_all(connection, horizons)
        if found:
            connection.execute(
                insert(popularity), rows_of({key: Kept(level) for key, level in found.items()})
            )


def _unequal(held: Levels, anew: Levels) -> list[str]:
    """Tell of which items two counts differ by more than rounding, sorted."""
    return sorted(
        {
            key[0]
            for key in held.keys() | anew.keys()
            if not math.isclose(
                held.get(key, NO_LEVEL), anew.get(key, NO_LEVEL), rel_tol=0.0, abs_tol=ROUNDING
            )
        }
    )
