"""What people did, as arrays: one run of interactions a person, oldest first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedders.errors import LayoutMismatch
from embedders.spaces import Array

Rows = NDArray[np.int64]
Days = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sequences:
    """Interactions of p people, a person's run after another's.

    Attributes:
        starts: Shape (p + 1,): person k owns the rows from `starts[k]` to before `starts[k + 1]`.
        items: Shape (n,), row numbers into the content of the items, 0 or more.
        weights: Shape (n,), float32, evidence; below 0 speaks against the item.
        days: Shape (n,), float64, when, in days since any fixed moment; never falls within a run.
    """

    starts: Rows
    items: Rows
    weights: Array
    days: Days

    def __post_init__(self) -> None:
        rows = len(self.items)
        if self.weights.shape != (rows,) or self.days.shape != (rows,):
            raise LayoutMismatch(
                f"{rows} items have as many weights and days, not {self.weights.shape} and "
                f"{self.days.shape}"
            )
        if len(self.starts) == 0 or self.starts[0] != 0 or self.starts[-1] != rows:
            raise LayoutMismatch(f"the runs of {rows} interactions start at 0 and end at {rows}")
        if (np.diff(self.starts) < 0).any():
            raise LayoutMismatch("the runs of people do not overlap")
        falls = np.flatnonzero(np.diff(self.days) < 0) + 1
        if not np.isin(falls, self.starts).all():
            raise LayoutMismatch("the interactions of a person come oldest first")

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def people(self) -> Rows:
        """Shape (n,): whose each interaction is."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def moments(self) -> tuple[Rows, Rows]:
        """Shape (n,) each: the first row, and the row after the last, that a person did at once."""
        new = np.ones(len(self.items) + 1, dtype=np.bool_)
        new[1:-1] = np.diff(self.days) != 0
        new[self.starts] = True
        bounds = np.flatnonzero(new)
        place = np.cumsum(new[:-1]) - 1
        return bounds[place], bounds[place + 1]

    @property
    def first_times(self) -> NDArray[np.bool_]:
        """Shape (n,): whether it is the first time that this person touches this item."""
        order = np.lexsort((np.arange(len(self.items)), self.items, self.people))
        people, items = self.people[order], self.items[order]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (people[1:] != people[:-1]) | (items[1:] != items[:-1])
        found = np.empty_like(first)
        found[order] = first
        return found

    def counts(self, items: int) -> Rows:
        """Say how many people touched each of the items 0 to `items` - 1."""
        return np.bincount(self.items[self.first_times], minlength=items)

    def kept(self, mask: NDArray[np.bool_]) -> "Sequences":
        """Keep the interactions where `mask`, shape (n,), is true; people keep their places."""
        ends = np.concatenate([[0], np.cumsum(mask)])[self.starts]
        return Sequences(
            ends.astype(np.int64), self.items[mask], self.weights[mask], self.days[mask]
        )


def sequences(people: Rows, items: Rows, weights: Array, days: Days, *, count: int) -> Sequences:
    """Sort interactions, in any order, into sequences.

    Args:
        people: Shape (n,), whose each is, 0 to before `count`.
        items: Shape (n,).
        weights: Shape (n,).
        days: Shape (n,). Interactions of one person at one moment keep the order given.
        count: People, those without interactions included.
    """
    order = np.lexsort((np.arange(len(people)), days, people))
    starts = np.concatenate([[0], np.cumsum(np.bincount(people, minlength=count))])
    return Sequences(
        starts.astype(np.int64),
        items[order].astype(np.int64),
        weights[order].astype(np.float32),
        days[order].astype(np.float64),
    )
