"""What is popular: decayed counts kept with every interaction, read from an index."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, delete, insert, select, text, true

from app.interactions.interaction import Interaction
from app.interactions.steadying import Weighing, best_of
from app.interactions.sums import Did, Key, Levels, Sums
from app.interactions.tables import interactions, popularity
from app.interactions.tops import counted, in_category, largest
from app.recommend.evidence import EvidenceSettings
from app.recommend.popularity import (
    NO_LEVEL,
    POPULAR_PRIOR,
    TRENDING_PRIOR,
    count_at,
    level_difference,
    level_sum,
)
from app.recommend.sources import Counted
from indexer.database import Database, slices, upsert

POPULAR, TRENDING, LASTING = "popular", "trending", "lasting"

HALF_LIVES: Mapping[str, timedelta] = MappingProxyType(
    {POPULAR: timedelta(days=30), TRENDING: timedelta(days=1), LASTING: timedelta(days=365)}
)
"""Horizon to half-life: what has been liked for weeks, is being talked of today, or was liked for
years."""

USUAL: Mapping[str, str] = MappingProxyType({TRENDING: POPULAR, POPULAR: LASTING})
"""A horizon to that which tells what is usual in it and steadies it, where both are counted."""

PRIORS: Mapping[str, float] = MappingProxyType({TRENDING: TRENDING_PRIOR, POPULAR: POPULAR_PRIOR})

DEEPEST_FALL = -math.log2(0.9)
"""How far a level may fall when a part is taken out, as rounding then hardly grows. Where it falls
further, the item is counted anew."""


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
        priors: Mapping[str, float] = PRIORS,
    ) -> None:
        """Prepare without reading.

        Args:
            database: Where counts are kept.
            half_lives: Horizon (at most 32 characters) to half-life, above 0.
            weights: What each kind counts, the same as for evidence; what speaks against an item
                counts 0, so that a quarrel does not make it popular. Changed weights hold for
                interactions from then on.
            priors: Horizon to how well what is usual for an item is known before it is counted
                there (`app.recommend.popularity.steadied`); 0, or none, takes the count alone.
        """
        self._database = database
        self.sums = Sums(half_lives, weights)
        self._priors = dict(priors)

    def add(self, connection: Connection, recorded: Sequence[Interaction]) -> None:
        """Count interactions inside the caller's transaction.

        Rows are locked in the order of item_id and horizon, so that two transactions wait for each
        other instead of in a circle. The sum is made here, as SQLite has no logarithms.
        """
        added = self.sums.of(
            (each.item_id, each.kind, each.value, each.happened_at) for each in recorded
        )
        self._change(connection, added, lambda held, level: (level_sum(held[0], level), held[1]))

    def detach(self, connection: Connection, gone: Iterable[Did]) -> None:
        """Keep counting interactions that the caller's transaction deletes.

        What they add to each item's count stays in it, and is noted as a sum of nobody, so that the
        count stays equal to a recount.
        """
        parts = self.sums.of(gone)
        self._change(connection, parts, lambda held, level: (held[0], level_sum(held[1], level)))

    def take_out(self, connection: Connection, uncounted: Iterable[Did]) -> None:
        """Count interactions no more that the caller's transaction deleted, or marked so, before.

        What is left stays as exact as a recount: where little is, it is one.
        """
        parts = self.sums.of(uncounted)
        self._write(
            connection,
            {
                key: (self._left(connection, key, held, parts[key]), held[1])
                for key, held in self._locked(connection, parts).items()
            },
        )

    def _left(
        self, connection: Connection, key: Key, held: tuple[float, float], part: float
    ) -> float:
        """Tell the level that is left of a row when a part is taken out."""
        score, detached = held
        left = level_difference(score, part)
        if score - left <= DEEPEST_FALL:
            return left
        item_id, row = key
        horizon = next(name for name, each in self.sums.rows.items() if each == row)
        return level_sum(self.sums.of_item(connection, item_id, horizon), detached)

    def _change(
        self,
        connection: Connection,
        levels: Levels,
        change: Callable[[tuple[float, float], float], tuple[float, float]],
    ) -> None:
        """Change the score and the detached part of rows, locked in order."""
        held = self._locked(connection, levels)
        self._write(connection, {key: change(held[key], levels[key]) for key in held})

    def _write(self, connection: Connection, changed: Mapping[Key, tuple[float, float]]) -> None:
        """Write score and detached part of rows that are locked."""
        if not changed:
            return
        # RETURNING only because rows then travel many at a time: on PostgreSQL a batch of 1,000
        # took 1.6 s one by one.
        inserting = upsert(connection, popularity)
        writing = inserting.on_conflict_do_update(
            index_elements=[popularity.c.item_id, popularity.c.horizon],
            set_={
                "score": inserting.excluded.score,
                "detached": inserting.excluded.detached,
            },
        ).returning(popularity.c.horizon)
        connection.execute(writing, [_row(key, *changed[key]) for key in sorted(changed)])

    def top(
        self, horizon: str, *, limit: int, category: str | None, now: datetime
    ) -> list[Counted]:
        """Read the available items with the largest decayed counts, from an index.

        What is trending is steadied by what is popular, and that by what was liked for years, so
        that where little happens two views of yesterday do not come before what many have bought.

        Args:
            horizon: One of those given at the start; KeyError for another.
            limit: Items at most.
            category: Only items in it, or None for any.
            now: When to count.

        Returns:
            Largest first, ties by item_id; items without a count are not among them.
        """
        chain = self._chain(horizon)
        rows = [self.sums.rows[each] for each in chain]
        half_lives = [self.sums.half_lives[each] for each in chain]
        weighing = Weighing(half_lives, [self._priors.get(each, 0.0) for each in chain], now)
        with self._database.reading() as connection:
            where = true() if category is None else in_category(connection, category)
            lists = [partial(largest, connection, rows, by, where) for by in range(len(rows))]
            best = best_of(lists, weighing.worth, limit=limit)
        return [counted(row, held.count, risen=held.risen) for row, held in best]

    def _chain(self, horizon: str) -> list[str]:
        """Name a horizon, that which steadies it, that which steadies this, and so on."""
        chain = [horizon]
        while self._priors.get(chain[-1], 0.0) > 0:
            usual = USUAL.get(chain[-1])
            if usual not in self.sums.half_lives:
                break
            chain.append(usual)
        return chain

    def of(self, item_ids: Collection[str], horizon: str, *, now: datetime) -> dict[str, float]:
        """Read the decayed counts of these items, in one indexed read; those without are left out.

        Args:
            item_ids: At most 10,000.
            horizon: One of those given at the start; KeyError for another.
            now: When to count.
        """
        half_life, row = self.sums.half_lives[horizon], self.sums.rows[horizon]
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
                for row in self.sums.rows.values()
                if connection.scalar(
                    select(popularity.c.item_id).where(popularity.c.horizon == row).limit(1)
                )
            }
            missing = sorted(
                horizon for horizon, row in self.sums.rows.items() if row not in counted
            )
            connection.execute(
                delete(popularity).where(popularity.c.horizon.not_in(self.sums.rows.values()))
            )
            if missing:
                self._count_all(connection, missing)
        return missing

    def held(self, connection: Connection, which: ColumnElement[bool]) -> tuple[Levels, Levels]:
        """Read what is kept of the items a condition on `popularity` lets through.

        Returns:
            Their levels, and the part of each that is of deleted interactions; all of today's
            horizons.
        """
        reading = select(popularity).where(which, popularity.c.horizon.in_(self.sums.rows.values()))
        scores, detached = Levels(), Levels()
        for row in connection.execute(reading):
            key = row.item_id, row.horizon
            scores[key], detached[key] = row.score, _level(row.detached)
        return scores, detached

    def recount(self, item_ids: Collection[str]) -> None:
        """Put a recount in the place of what is kept of these items, each in a transaction.

        What was counted of interactions that are deleted stays counted.
        """
        for item_id in sorted(item_ids):
            with self._database.writing() as connection:
                # Locked first: whoever counts meanwhile waits, and adds to what is written here.
                held = self._locked(connection, [(item_id, row) for row in self.sums.rows.values()])
                anew = self.sums.of_kept(connection, interactions.c.item_id == item_id)
                rows = []
                for key, (_, detached) in held.items():
                    score = level_sum(anew.get(key, NO_LEVEL), detached)
                    if score > NO_LEVEL:
                        rows.append(_row(key, score, detached))
                connection.execute(delete(popularity).where(popularity.c.item_id == item_id))
                if rows:
                    connection.execute(insert(popularity), rows)

    def _locked(
        self, connection: Connection, keys: Iterable[Key]
    ) -> dict[Key, tuple[float, float]]:
        """Make rows that are missing, lock those that are there, and read score and detached part.

        One statement, in the order of the keys.
        """
        inserting = upsert(connection, popularity)
        locking = inserting.on_conflict_do_update(
            index_elements=[popularity.c.item_id, popularity.c.horizon],
            set_={"score": popularity.c.score},
        ).returning(*popularity.c)
        missing = [_row(key, NO_LEVEL, NO_LEVEL) for key in sorted(keys)]
        if not missing:
            return {}
        return {
            (row.item_id, row.horizon): (row.score, _level(row.detached))
            for row in connection.execute(locking, missing)
        }

    def _count_all(self, connection: Connection, horizons: Collection[str]) -> None:
        found = self.sums.of_kept(connection, true(), horizons)
        if found:
            rows = [_row(key, level, NO_LEVEL) for key, level in sorted(found.items())]
            connection.execute(insert(popularity), rows)


def _level(kept: float | None) -> float:
    return NO_LEVEL if kept is None else kept


def _row(key: Key, score: float, detached: float) -> dict[str, object]:
    item_id, horizon = key
    part = None if detached == NO_LEVEL else detached
    return {"item_id": item_id, "horizon": horizon, "score": score, "detached": part}
