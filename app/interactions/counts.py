"""What is popular: decayed counts kept with every interaction, read from an index."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, delete, insert, select, text, true

from app.interactions.interaction import Interaction
from app.interactions.sums import Did, Levels, Sums
from app.interactions.tables import popularity
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
from indexer.database import Database, slices, upsert

HALF_LIVES: Mapping[str, timedelta] = MappingProxyType(
    {"popular": timedelta(days=30), "trending": timedelta(days=1)}
)
"""Horizon to half-life: what has been liked for weeks, and what is being talked of today."""

POPULAR, TRENDING = "popular", "trending"
"""What is trending is steadied by what is popular, where both are counted."""

TOLERANCE = 1e-6
"""Difference between a count and a recount, relative and absolute, that is rounding."""


@dataclass(frozen=True, slots=True)
class Miscounted:
    """A count that is not what a recount gives."""

    item_id: str
    horizon: str
    held: float
    recounted: float


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
        self._change(connection, added, lambda held, level: (level_sum(held[0], level), held[1]))

    def detach(self, connection: Connection, gone: Iterable[Did]) -> None:
        """Keep counting interactions that the caller's transaction deletes.

        What they add to each item's count stays in it, and is noted as a sum of nobody, so that the
        count stays equal to a recount.
        """
        parts = self._sums.of(gone)
        self._change(connection, parts, lambda held, level: (held[0], level_sum(held[1], level)))

    def take_out(self, connection: Connection, uncounted: Iterable[Did]) -> None:
        """Count interactions no more that the caller's transaction marks as not counted."""
        parts = self._sums.of(uncounted)
        self._change(
            connection, parts, lambda held, level: (level_difference(held[0], level), held[1])
        )

    def _change(
        self,
        connection: Connection,
        levels: Levels,
        change: Callable[[tuple[float, float], float], tuple[float, float]],
    ) -> None:
        """Change the score and the detached part of rows, locked in order."""
        if not levels:
            return
        # One statement makes what is missing, locks what is there, and reads both.
        inserting = upsert(connection, popularity)
        locking = inserting.on_conflict_do_update(
            index_elements=[popularity.c.item_id, popularity.c.horizon],
            set_={"score": popularity.c.score},
        ).returning(*popularity.c)
        held = {
            (row.item_id, row.horizon): (row.score, _level(row.detached))
            for row in connection.execute(locking, _rows(dict.fromkeys(levels, NO_LEVEL)))
        }
        changed = {key: change(held[key], level) for key, level in levels.items()}
        # RETURNING only because rows then travel many at a time: on PostgreSQL a batch of 1,000
        # took 1.6 s one by one.
        writing = inserting.on_conflict_do_update(
            index_elements=[popularity.c.item_id, popularity.c.horizon],
            set_={
                "score": inserting.excluded.score,
                "detached": inserting.excluded.detached,
            },
        ).returning(popularity.c.horizon)
        rows = _rows({key: score for key, (score, _) in changed.items()})
        for row in rows:
            part = changed[str(row["item_id"]), str(row["horizon"])][1]
            row["detached"] = None if part == NO_LEVEL else part
        connection.execute(writing, rows)

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

    def miscounted(self, *, now: datetime) -> list[Miscounted]:
        """Compare every count with one made anew from what is kept, in one consistent read.

        Holds a number an item in memory. Counts differ where weights were changed: what was counted
        before has the weights of then.

        Args:
            now: When to count.

        Returns:
            Those that differ by more than rounding, in the order of item_id and horizon.
        """
        names = {row: horizon for horizon, row in self._sums.rows.items()}
        with self._database.reading() as connection:
            anew = self._sums.of_all(connection)
            held: Levels = {}
            reading = select(popularity).where(popularity.c.horizon.in_(names))
            for row in connection.execute(reading):
                key = row.item_id, row.horizon
                held[key] = row.score
                anew[key] = level_sum(anew.get(key, NO_LEVEL), _level(row.detached))
        found = []
        for key in sorted(held.keys() | anew.keys()):
            half_life = self._sums.half_lives[names[key[1]]]
            one, other = (
                count_at(levels.get(key, NO_LEVEL), now, half_life=half_life)
                for levels in (held, anew)
            )
            if not math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
                found.append(Miscounted(key[0], names[key[1]], one, other))
        return found

    def _count_all(self, connection: Connection, horizons: Collection[str]) -> None:
        found = self._sums.of_all(connection, horizons)
        if found:
            connection.execute(insert(popularity), _rows(found))


def _level(kept: float | None) -> float:
    return NO_LEVEL if kept is None else kept


def _rows(levels: Levels) -> list[dict[str, object]]:
    return [
        {"item_id": item, "horizon": row, "score": level}
        for (item, row), level in sorted(levels.items())
    ]
