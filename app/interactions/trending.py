"""What is trending, from the tops of two lists: what is counted lately, and what usually is.

After Fagin, Lotem and Naor, "Optimal aggregation algorithms for middleware" (PODS 2001): as what an
item is worth grows with either count, one in neither list is worth no more than the last items of
both together. So lists are read deeper until the answer is worth as much, and no further.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

DEEPEST = 1_000
"""Items read of each list at most, or as many as are asked for: beyond, what was seen is ranked."""

DEEPER = 4
"""Times as many are read where the last depth did not do."""

Read = Callable[[int], Sequence[Row[Any]]]
"""Reads the first items of a list: with `item_id`, its own level `score`, and the `other` one."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What an item is worth; `risen` says whether more is counted lately than usually."""

    count: float
    risen: bool


Weigh = Callable[[float | None, float | None], Worth]
"""Of a level counted lately and a usual one, None where there is none; grows with either."""


def best_of_both(
    recent: Read, usual: Read, weigh: Weigh, *, limit: int
) -> list[tuple[Row[Any], Worth]]:
    """Find the items that are worth most.

    Args:
        recent: Those counted lately, the most counted first. What is in one list is in the other.
        usual: Those usually counted.
        weigh: Both.
        limit: Items wanted, 1 or more.

    Returns:
        Items, each once, with what they are worth; best first, ties by item_id.
    """
    depth, deepest = limit, max(limit, DEEPEST)
    while True:
        lately, usually = recent(depth), usual(depth)
        found = {row.item_id: (row, weigh(row.score, row.other)) for row in lately}
        found |= {row.item_id: (row, weigh(row.other, row.score)) for row in usually}
        best = heapq.nsmallest(limit, found.values(), key=_place)
        if min(len(lately), len(usually)) < depth or depth >= deepest:
            return best
        if weigh(lately[-1].score, usually[-1].score).count <= best[-1][1].count:
            return best
        depth = min(DEEPER * depth, deepest)


def _place(found: tuple[Row[Any], Worth]) -> tuple[float, str]:
    row, worth = found
    return -worth.count, row.item_id
