"""What is popular: decayed counts kept with every interaction, read from an index."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    insert,
    select,
    text,
    true,
)

from app.interactions.interaction import Interaction
from app.interactions.tables import interactions, popularity
from app.interactions.trending import Worth, best_of_both
from app.recommend.evidence import EvidenceSettings, kind_weight
from app.recommend.popularity import (
    NO_LEVEL,
    TRENDING_PRIOR,
    count_at,
    level_of,
    level_sum,
    steadied,
)
from app.recommend.sources import Counted
from indexer.catalogue import Candidate
from indexer.database import Database, slices, upsert
from indexer.stored import SEEN, SHOWN, seen
from indexer.tables import item_categories, items

Did = tuple[str, str, float | None, datetime]
"""What counting needs of an interaction: item_id, kind, value, when it happened."""

Levels = dict[tuple[str, str], float]
"""Item_id and row of a horizon to a level."""

HALF_LIVES: Mapping[str, timedelta] = MappingProxyType(
    {"popular": timedelta(days=30), "trending": timedelta(days=1)}
)
"""Horizon to half-life: what has been liked for weeks, and what is being talked of today."""

POPULAR, TRENDING = "popular", "trending"
"""What is trending is steadied by what is popular, where both are counted."""

SMALL_CATEGORY = 1_000
"""Available items of a category up to which it is small."""

READ_AT_ONCE = 5_000
"""Interactions held in memory while counting anew."""


ROUNDING = 1e-6
"""Difference between two levels of one count summed in different orders, far below 1 ppm of it."""


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
        self._half_lives = dict(half_lives)
        self._rows = {
            horizon: f"{horizon}/{half_life.total_seconds():g}s"
            for horizon, half_life in half_lives.items()
        }
        self._weights = weights or EvidenceSettings()
        self._prior = prior

    def add(self, connection: Connection, recorded: Sequence[Interaction]) -> None:
        """Count interactions inside the caller's transaction.

        Rows are locked in the order of item_id and horizon, so that two transactions wait for each
        other instead of in a circle. The sum is made here, as SQLite has no logarithms.
        """
        added = self._levels(
            (each.item_id, each.kind, each.value, each.happened_at) for each in recorded
        )
        if not added:
            return
        held = self._locked(connection, dict.fromkeys(added, NO_LEVEL))
        summed = {key: level_sum(held[key], level) for key, level in added.items()}
        # RETURNING only because rows then travel many at a time: on PostgreSQL a batch of 1,000
        # took 1.6 s one by one.
        inserting = upsert(connection, popularity)
        writing = inserting.on_conflict_do_update(
            index_elements=[popularity.c.item_id, popularity.c.horizon],
            set_={"score": inserting.excluded.score},
        ).returning(popularity.c.horizon)
        connection.execute(writing, _rows(summed))

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
        half_life = self._half_lives[horizon]
        with self._database.reading() as connection:
            where = true() if category is None else _in_category(connection, category)
            if horizon == TRENDING and self._prior > 0 and POPULAR in self._half_lives:
                return self._trending(connection, limit, where, now)
            rows = self._largest(connection, horizon, limit, where)
        return [_counted(row, count_at(row.score, now, half_life=half_life)) for row in rows]

    def _trending(
        self, connection: Connection, limit: int, where: ColumnElement[bool], now: datetime
    ) -> list[Counted]:
        """Find what is trending, at most two reads for each depth they are read to."""
        lives = self._half_lives[TRENDING], self._half_lives[POPULAR]

        def worth(trending: float | None, popular: float | None) -> Worth:
            count, popular_count = (
                0.0 if level is None else count_at(level, now, half_life=half_life)
                for level, half_life in zip((trending, popular), lives, strict=True)
            )
            usual = popular_count * (lives[0] / lives[1])
            return Worth(steadied(count, usual, prior=self._prior), risen=count > usual)

        best = best_of_both(
            lambda depth: self._largest(connection, TRENDING, depth, where, beside=POPULAR),
            lambda depth: self._largest(connection, POPULAR, depth, where, beside=TRENDING),
            worth,
            limit=limit,
        )
        return [_counted(row, held.count, risen=held.risen) for row, held in best]

    def _largest(
        self,
        connection: Connection,
        horizon: str,
        limit: int,
        where: ColumnElement[bool],
        *,
        beside: str | None = None,
    ) -> list[Row[Any]]:
        """Read the items with the largest levels, and their levels in another horizon (`other`)."""
        reading: Select[Any] = select(*SEEN, *SHOWN, popularity.c.score).join_from(
            popularity, items, items.c.item_id == popularity.c.item_id
        )
        if beside is not None:
            other = popularity.alias("beside")
            same = and_(
                other.c.item_id == popularity.c.item_id, other.c.horizon == self._rows[beside]
            )
            reading = reading.outerjoin(other, same).add_columns(other.c.score.label("other"))
        reading = reading.where(
            popularity.c.horizon == self._rows[horizon],
            items.c.deleted_at.is_(None),
            items.c.available == true(),
            where,
        )
        largest = reading.order_by(popularity.c.score.desc(), popularity.c.item_id).limit(limit)
        return list(connection.execute(largest))

    def of(self, item_ids: Collection[str], horizon: str, *, now: datetime) -> dict[str, float]:
        """Read the decayed counts of these items, in one indexed read; those without are left out.

        Args:
            item_ids: At most 10,000.
            horizon: One of those given at the start; KeyError for another.
            now: When to count.
        """
        half_life, row = self._half_lives[horizon], self._rows[horizon]
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
        wait for; nothing is done when every horizon is counted already.

        Returns:
            The horizons that were counted anew, sorted.
        """
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # Whoever counts meanwhile waits, and adds to what is written here.
                connection.execute(text("LOCK TABLE popularity IN SHARE ROW EXCLUSIVE MODE"))
            counted = {
                row
                for row in self._rows.values()
                if connection.scalar(
                    select(popularity.c.item_id).where(popularity.c.horizon == row).limit(1)
                )
            }
            missing = sorted(horizon for horizon, row in self._rows.items() if row not in counted)
            connection.execute(
                delete(popularity).where(popularity.c.horizon.not_in(self._rows.values()))
            )
            if missing:
                self._count_all(connection, missing)
        return missing

    def held(self, connection: Connection, which: ColumnElement[bool]) -> Levels:
        """Read the levels that are kept of the items a condition on `popularity` lets through."""
        reading = select(popularity).where(which, popularity.c.horizon.in_(self._rows.values()))
        return {(row.item_id, row.horizon): row.score for row in connection.execute(reading)}

    def recounted(
        self,
        connection: Connection,
        which: ColumnElement[bool],
        horizons: Collection[str] | None = None,
    ) -> Levels:
        """Count the interactions a condition lets through anew, read as a stream."""
        everything = (
            select(
                interactions.c.item_id,
                interactions.c.kind,
                interactions.c.value,
                interactions.c.happened_at,
            )
            .where(which)
            .execution_options(yield_per=READ_AT_ONCE)
        )
        rows = (tuple(row) for row in connection.execute(everything))
        return self._levels(rows, horizons)

    def recount(self, item_ids: Collection[str]) -> None:
        """Put a recount in the place of what is kept of these items, each in a transaction."""
        for item_id in sorted(item_ids):
            with self._database.writing() as connection:
                # Locked first: whoever counts meanwhile waits, and adds to what is written here.
                empty = {(item_id, row): NO_LEVEL for row in self._rows.values()}
                self._locked(connection, empty)
                anew = self.recounted(connection, interactions.c.item_id == item_id)
                connection.execute(delete(popularity).where(popularity.c.item_id == item_id))
                if anew:
                    connection.execute(insert(popularity), _rows(anew))

    def _locked(self, connection: Connection, levels: Levels) -> Levels:
        """Make the rows that are missing, lock those that are there, and read both."""
        inserting = upsert(connection, popularity)
        locking = inserting.on_conflict_do_update(
            index_elements=[popularity.c.item_id, popularity.c.horizon],
            set_={"score": popularity.c.score},
        ).returning(popularity.c.item_id, popularity.c.horizon, popularity.c.score)
        return {
            (row.item_id, row.horizon): row.score
            for row in connection.execute(locking, _rows(levels))
        }

    def _count_all(self, connection: Connection, horizons: Collection[str]) -> None:
        found = self.recounted(connection, true(), horizons)
        if found:
            connection.execute(insert(popularity), _rows(found))

    def _levels(self, done: Iterable[Did], horizons: Collection[str] | None = None) -> Levels:
        """Sum what interactions add to each item's count, in some horizons or all."""
        levels: Levels = {}
        wanted = self._half_lives if horizons is None else horizons
        for item_id, kind, value, happened_at in done:
            weight = kind_weight(kind, value, self._weights)
            if weight <= 0:
                continue
            for horizon in wanted:
                key = item_id, self._rows[horizon]
                level = level_of(weight, happened_at, half_life=self._half_lives[horizon])
                levels[key] = level_sum(levels.get(key, NO_LEVEL), level)
        return levels


def unequal(held: Levels, anew: Levels) -> list[str]:
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


def _counted(row: Row[Any], count: float, *, risen: bool = True) -> Counted:
    shown = Candidate(seen(row), row.title, row.image_url, row.revision, row.indexed_revision)
    return Counted(shown, count, risen)


def _rows(levels: Levels) -> list[dict[str, object]]:
    return [
        {"item_id": item, "horizon": row, "score": level}
        for (item, row), level in sorted(levels.items())
    ]


def _in_category(connection: Connection, category: str) -> ColumnElement[bool]:
    """Narrow counted items to a category: a small one is named item by item.

    SQLite would walk down all counts in search of the few (72 ms for 20 among 40,000 items).
    """
    few = connection.scalars(
        select(item_categories.c.item_id)
        .where(item_categories.c.category == category, item_categories.c.available == true())
        .limit(SMALL_CATEGORY + 1)
    ).all()
    if len(few) <= SMALL_CATEGORY:
        return popularity.c.item_id.in_(few)
    return exists().where(
        item_categories.c.item_key == items.c.key, item_categories.c.category == category
    )
