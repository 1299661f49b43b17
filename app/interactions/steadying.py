"""What is popular or trending, from the tops of lists: what is counted lately, and what usually is.

After Fagin, Lotem and Naor, "Optimal aggregation algorithms for middleware" (PODS 2001): as what an
item is worth grows with each of its counts, one in none of the lists is worth no more than the last
items of all together. So lists are read deeper until the answer is worth as much, and no further.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from app.interactions.tops import ItemLevels, Top
from app.recommend.popularity import count_at, steadied

DEEPEST = 1_000
"""Items read of each list at most, or as many as are asked for: beyond, what was seen is ranked."""

DEEPER = 4
"""Times as many are read where the last depth did not do."""

Read = Callable[[int], Sequence[Top]]
"""Reads the first items of a list, the most counted first."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What an item is worth; `risen` says whether more is counted lately than usually."""

    count: float
    risen: bool


@dataclass(frozen=True, slots=True)
class Weighing:
    """Weighs an item by its counts over ever longer times, each of which tells what is usual.

    Attributes:
        half_lives: Rising, one or more.
        priors: How firmly each count but the last holds on to what the next leads to expect.
        now: When to count.
    """

    half_lives: Sequence[timedelta]
    priors: Sequence[float]
    now: datetime

    def worth(self, levels: ItemLevels) -> Worth:
        """Weigh an item by a level of each half-life, None where there is none; grows with each."""
        counts = [
            0.0 if level is None else count_at(level, self.now, half_life=half_life)
            for level, half_life in zip(levels, self.half_lives, strict=True)
        ]
        expected, risen = counts[-1], True
        for place in reversed(range(len(counts) - 1)):
            usual = expected * (self.half_lives[place] / self.half_lives[place + 1])
            risen = counts[place] > usual
            expected = steadied(counts[place], usual, prior=self.priors[place])
        return Worth(expected, risen)


def best_of(
    lists: Sequence[Read], weigh: Callable[[ItemLevels], Worth], *, limit: int
) -> list[tuple[Row[Any], Worth]]:
    """Find the items that are worth most.

    Args:
        lists: By each level, in the order of levels. What is in one list is in all.
        weigh: An item's levels; what it is worth grows with each.
        limit: Items wanted, 1 or more.

    Returns:
        Items, each once, with what they are worth; best first, ties by item_id.
    """
    depth, deepest = limit, max(limit, DEEPEST)
    while True:
        read = [each(depth) for each in lists]
        found = {top.row.item_id: (top.row, weigh(top.levels)) for tops in read for top in tops}
        best = heapq.nsmallest(limit, found.values(), key=_place)
        if min(map(len, read)) < depth or depth >= deepest:
            return best
        edge = [tops[-1].levels[place] for place, tops in enumerate(read)]
        if weigh(edge).count <= best[-1][1].count:
            return best
        depth = min(DEEPER * depth, deepest)


def _place(found: tuple[Row[Any], Worth]) -> tuple[float, str]:
    row, worth = found
    return -worth.count, row.item_id
