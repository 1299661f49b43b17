"""Which items met in a basket, how often, and with how many people: exact, some pairs at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.behaviour.log import Mask, Numbers
from app.behaviour.visits import ITEM_BITS, Small, Visits


@dataclass(frozen=True, slots=True)
class Meetings:
    """Pairs that met.

    Attributes:
        codes: Shape (n,), ascending: the lower item's number, then ITEM_BITS of the higher's.
        baskets: Shape (n,), in how many baskets.
        people: Shape (n,), of how many people.
    """

    codes: Numbers
    baskets: Small
    people: Small

    def kept(self, rows: Mask) -> "Meetings":
        """Return some of them."""
        return Meetings(self.codes[rows], self.baskets[rows], self.people[rows])


NO_MEETINGS = Meetings(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))


def meetings(visits: Visits, at_once: int) -> Iterator[tuple[int, Meetings]]:
    """Count which items met, every pair once, by its lower number; and say how many rows are done.

    A pair is counted in one step of the loop, unless its lower item alone has more than `at_once`
    meetings: then what was counted of that item is carried on.

    Args:
        visits: Who had what at once.
        at_once: Meetings counted in one step, about.
    """
    later = _later(visits.baskets)
    order = np.argsort(visits.items, kind="stable").astype(np.int32)
    begins = np.ones(len(order), dtype=np.bool_)  # of what one person did with one item
    begins[1:] = (np.diff(visits.items[order]) != 0) | (np.diff(visits.people[order]) != 0)
    until = np.cumsum(later[order], dtype=np.int64)
    carried, start = NO_MEETINGS, 0
    while start < len(order):
        before = until[start - 1] if start else 0
        end = max(int(np.searchsorted(until, before + at_once, side="right")), start + 1)
        if end < len(order):
            ahead = int(np.argmax(begins[end:]))
            end = end + ahead if begins[end + ahead] else len(order)
        met = _merged(carried, _met(visits, later, order[start:end]))
        carried = NO_MEETINGS
        if end < len(order) and visits.items[order[end]] == visits.items[order[end - 1]]:
            unfinished = met.codes >> ITEM_BITS == visits.items[order[end]]
            carried, met = met.kept(unfinished), met.kept(~unfinished)
        yield end, met
        start = end


def _met(visits: Visits, later: Small, rows: Small) -> Meetings:
    """Count what these rows met after them; they are by item, then by person."""
    counts = later[rows]
    total = int(counts.sum())
    if total == 0:
        return NO_MEETINGS
    first = np.repeat(rows, counts)
    begun = np.repeat(np.cumsum(counts, dtype=np.int64) - counts, counts)
    second = first + 1 + (np.arange(total) - begun)
    codes = visits.items[first].astype(np.int64) << ITEM_BITS | visits.items[second]
    # Stable, so that people stay together within a pair.
    order = np.argsort(codes, kind="stable")
    codes, people = codes[order], visits.people[first][order]
    fresh = np.ones(total, dtype=np.bool_)
    fresh[1:] = np.diff(codes) != 0
    starts = np.flatnonzero(fresh)
    fresh[1:] |= np.diff(people) != 0
    return Meetings(
        codes[starts],
        np.diff(starts, append=total).astype(np.int32),
        np.add.reduceat(fresh.astype(np.int32), starts, dtype=np.int32),
    )


def _merged(one: Meetings, other: Meetings) -> Meetings:
    """Add counts of other people to those of the same pairs."""
    if len(one.codes) == 0:
        return other
    codes, places = np.unique(np.concatenate([one.codes, other.codes]), return_inverse=True)
    baskets = np.zeros(len(codes), dtype=np.int32)
    people = np.zeros(len(codes), dtype=np.int32)
    np.add.at(baskets, places, np.concatenate([one.baskets, other.baskets]))
    np.add.at(people, places, np.concatenate([one.people, other.people]))
    return Meetings(codes, baskets, people)


def _later(baskets: Small) -> Small:
    """Say how many rows of its basket come after each row."""
    starts = np.flatnonzero(np.diff(baskets, prepend=-1))
    sizes = np.diff(starts, append=len(baskets))
    ends: Small = np.repeat((starts + sizes).astype(np.int32), sizes)
    later: Small = np.subtract(ends, np.arange(1, len(baskets) + 1, dtype=np.int32))
    return later
