"""Who had what at once: the smallest form of a log that still says what goes together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.behaviour.log import Mask, Numbers

Small = NDArray[np.int32]
Marks = NDArray[np.uint16]

MOST_MARKS = 16
"""Sorts of baskets that can be told apart."""

ITEM_BITS = 31
"""An item's number fits in so many."""


@dataclass(frozen=True, slots=True)
class Visits:
    """n times that an item was in a basket, 14 bytes each.

    Rows are by person, then by basket, then by item; an item is in a basket once.

    Attributes:
        people: Shape (n,), whose basket it is.
        baskets: Shape (n,), which, ascending.
        items: Shape (n,), which item, 0 or more.
        marks: Shape (n,), one bit for each sort of basket that the item belongs to.
    """

    people: Small
    baskets: Small
    items: Small
    marks: Marks

    def __len__(self) -> int:
        return len(self.items)

    def kept(self, rows: Mask) -> "Visits":
        """Keep the rows where a mask is true; where that is all, nothing is copied."""
        if rows.all():
            return self
        return Visits(self.people[rows], self.baskets[rows], self.items[rows], self.marks[rows])

    def marked(self, mark: int) -> "Visits":
        """Keep what belongs to one sort of basket, 0 or more."""
        return self.kept((self.marks & np.uint16(1 << mark)) != 0)


NO_VISITS = Visits(
    np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.uint16)
)


def visits(people: Numbers, baskets: Numbers, items: Numbers, marks: Marks) -> Visits:
    """Put what was done in order, each item once a basket, with the marks of all its rows.

    Args:
        people: Shape (n,), whose each row is.
        baskets: Shape (n,), which basket, ascending with the person.
        items: Shape (n,), below 2^31.
        marks: Shape (n,).
    """
    if len(items) == 0:
        return NO_VISITS
    code = baskets << ITEM_BITS | items
    order = np.argsort(code, kind="stable")
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = np.diff(code[order]) != 0
    starts = np.flatnonzero(first)
    rows = order[starts]
    return Visits(
        people[rows].astype(np.int32),
        baskets[rows].astype(np.int32),
        items[rows].astype(np.int32),
        np.bitwise_or.reduceat(marks[order], starts),
    )


def joined(parts: list[Visits]) -> Visits:
    """Put parts one after another; people and baskets must ascend through them."""
    if not parts:
        return NO_VISITS
    return Visits(
        np.concatenate([each.people for each in parts]),
        np.concatenate([each.baskets for each in parts]),
        np.concatenate([each.items for each in parts]),
        np.concatenate([each.marks for each in parts]),
    )
