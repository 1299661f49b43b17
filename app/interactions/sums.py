"""Decayed counts summed up, of some interactions or of all that are kept."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, true

from app.interactions.tables import interactions
from app.recommend.evidence import EvidenceSettings, kind_weight
from app.recommend.popularity import NO_LEVEL, level_of, level_sum

Did = tuple[str, str, float | None, datetime]
"""What counting needs of an interaction: item_id, kind, value, when it happened."""

Key = tuple[str, str]
"""Item_id and row of a horizon."""

Levels = dict[Key, float]
"""What is summed up under each key, as a level."""

READ_AT_ONCE = 5_000
"""Interactions held in memory while counting anew."""

NEGLIGIBLE = 64
"""Half-lives before the newest interaction after which a billion more make no difference."""


def counting(rows: Iterable[Row[Any]]) -> list[Did]:
    """Return what counting needs of rows of `interactions`, those that do not count left out."""
    return [(row.item_id, row.kind, row.value, row.happened_at) for row in rows if row.counted]


class Sums:
    """Sums up what interactions add to each item's count in each horizon."""

    def __init__(
        self, half_lives: Mapping[str, timedelta], weights: EvidenceSettings | None = None
    ) -> None:
        """Prepare.

        Args:
            half_lives: Horizon (at most 32 characters) to half-life, above 0.
            weights: What each kind counts; what speaks against an item counts 0.
        """
        self.half_lives = dict(half_lives)
        self.rows = {
            horizon: f"{horizon}/{half_life.total_seconds():g}s"
            for horizon, half_life in half_lives.items()
        }
        self._weights = weights or EvidenceSettings()

    def of(self, done: Iterable[Did], horizons: Collection[str] | None = None) -> Levels:
        """Sum up interactions, in some horizons or all."""
        levels: Levels = {}
        wanted = self.half_lives if horizons is None else horizons
        for item_id, kind, value, happened_at in done:
            weight = kind_weight(kind, value, self._weights)
            if weight <= 0:
                continue
            for horizon in wanted:
                key = item_id, self.rows[horizon]
                level = level_of(weight, happened_at, half_life=self.half_lives[horizon])
                levels[key] = level_sum(levels.get(key, NO_LEVEL), level)
        return levels

    def of_kept(
        self,
        connection: Connection,
        which: ColumnElement[bool],
        horizons: Collection[str] | None = None,
    ) -> Levels:
        """Sum up the interactions that are kept, count, and obey a condition, as a stream."""
        everything = (
            select(
                interactions.c.item_id,
                interactions.c.kind,
                interactions.c.value,
                interactions.c.happened_at,
            )
            .where(interactions.c.counted == true(), which)
            .execution_options(yield_per=READ_AT_ONCE)
        )
        return self.of((tuple(row) for row in connection.execute(everything)), horizons)

    def of_item(self, connection: Connection, item_id: str, horizon: str) -> float:
        """Sum up what counts of an item in a horizon; NO_LEVEL if nothing does.

        Read newest first, and only as long as it makes a difference: of what has long not been
        touched a short half-life reads little.
        """
        column = interactions.c
        newest_first = (
            select(column.item_id, column.kind, column.value, column.happened_at)
            .where(column.item_id == item_id, column.counted == true())
            .order_by(column.happened_at.desc())
            .execution_options(yield_per=READ_AT_ONCE)
        )
        key = item_id, self.rows[horizon]
        level, negligible = NO_LEVEL, None
        with connection.execute(newest_first) as rows:
            for row in rows:
                if negligible is not None and row.happened_at < negligible:
                    break
                one = self.of([tuple(row)], [horizon]).get(key, NO_LEVEL)
                if one > NO_LEVEL and negligible is None:
                    negligible = row.happened_at - NEGLIGIBLE * self.half_lives[horizon]
                level = level_sum(level, one)
        return level
