"""What is popular: decayed counts kept with every interaction, read from an index."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, insert, select, text, true

from app.interactions.interaction import Interaction
from app.interactions.tables import interactions, popularity
from app.recommend.evidence import EvidenceSettings, kind_weight
from app.recommend.popularity import (
    NO_LEVEL,
    count_at,
    level_difference,
    level_of,
    level_sum,
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

SMALL_CATEGORY = 1_000
"""Available items of a category up to which it is small."""

READ_AT_ONCE = 5_000
"""Interactions held in memory while counting anew."""

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
    ) -> None:
        """Prepare without reading.

        Args:
            database: Where counts are kept.
            half_lives: Horizon (at most 32 characters) to half-life, above 0.
            weights: What each kind counts, the same as for evidence; what speaks against an item
                counts 0, so that a quarrel does not make it popular. Changed weights hold for
                interactions from then on.
        """
        self._database = database
        self._half_lives = dict(half_lives)
        self._rows = {
            horizon: f"{horizon}/{half_life.total_seconds():g}s"
            for horizon, half_life in half_lives.items()
        }
        self._weights = weights or EvidenceSettings()

    def add(self, connection: Connection, recorded: Sequence[Interaction]) -> None:
        """Count interactions inside the caller's transaction.

        Rows are locked in the order of item_id and horizon, so that two transactions wait for each
        other instead of in a circle. The sum is made here, as SQLite has no logarithms.
        """
        added = self._levels(
            (each.item_id, each.kind, each.value, each.happened_at) for each in recorded
        )
        self._change(connection, added, lambda held, level: (level_sum(held[0], level), held[1]))

    def detach(self, connection: Connection, gone: Iterable[Did]) -> None:
        """Keep counting interactions that the caller's transaction deletes.

        What they add to each item's count stays in it, and is noted as a sum of nobody, so that the
        count stays equal to a recount.
        """
        parts = self._levels(gone)
        self._change(connection, parts, lambda held, level: (held[0], level_sum(held[1], level)))

    def take_out(self, connection: Connection, uncounted: Iterable[Did]) -> None:
        """Count interactions no more that the caller's transaction marks as not counted."""
        parts = self._levels(uncounted)
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

        Args:
            horizon: One of those given at the start; KeyError for another.
            limit: Items at most.
            category: Only items in it, or None for any.
            now: When to count; it does not change the order.

        Returns:
            Largest first, ties by item_id; items without a count are not among them.
        """
        half_life = self._half_lives[horizon]
        reading: Select[Any] = (
            select(*SEEN, *SHOWN, popularity.c.score)
            .join_from(popularity, items, items.c.item_id == popularity.c.item_id)
            .where(
                popularity.c.horizon == self._rows[horizon],
                popularity.c.score > NO_LEVEL,  # all there was may have been taken out
                items.c.deleted_at.is_(None),
                items.c.available == true(),
            )
            .order_by(popularity.c.score.desc(), popularity.c.item_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            if category is not None:
                reading = reading.where(_in_category(connection, category))
            rows = connection.execute(reading).all()
        return [
            Counted(
                Candidate(seen(row), row.title, row.image_url, row.revision, row.indexed_revision),
                count_at(row.score, now, half_life=half_life),
            )
            for row in rows
        ]

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

    def miscounted(self, *, now: datetime) -> list[Miscounted]:
        """Compare every count with one made anew from what is kept, in one consistent read.

        Holds a number an item in memory. Counts differ where weights were changed: what was counted
        before has the weights of then.

        Args:
            now: When to count.

        Returns:
            Those that differ by more than rounding, in the order of item_id and horizon.
        """
        names = {row: horizon for horizon, row in self._rows.items()}
        with self._database.reading() as connection:
            anew = self._recounted(connection, self._half_lives)
            held: Levels = {}
            reading = select(popularity).where(popularity.c.horizon.in_(names))
            for row in connection.execute(reading):
                key = row.item_id, row.horizon
                held[key] = row.score
                anew[key] = level_sum(anew.get(key, NO_LEVEL), _level(row.detached))
        found = []
        for key in sorted(held.keys() | anew.keys()):
            half_life = self._half_lives[names[key[1]]]
            one, other = (
                count_at(levels.get(key, NO_LEVEL), now, half_life=half_life)
                for levels in (held, anew)
            )
            if not math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
                found.append(Miscounted(key[0], names[key[1]], one, other))
        return found

    def _count_all(self, connection: Connection, horizons: Collection[str]) -> None:
        found = self._recounted(connection, horizons)
        if found:
            connection.execute(insert(popularity), _rows(found))

    def _recounted(self, connection: Connection, horizons: Collection[str]) -> Levels:
        """Sum up every interaction that is kept and counts, as a stream."""
        everything = (
            select(
                interactions.c.item_id,
                interactions.c.kind,
                interactions.c.value,
                interactions.c.happened_at,
            )
            .where(interactions.c.counted == true())
            .execution_options(yield_per=READ_AT_ONCE)
        )
        return self._levels((tuple(row) for row in connection.execute(everything)), horizons)

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


def _level(kept: float | None) -> float:
    return NO_LEVEL if kept is None else kept


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
