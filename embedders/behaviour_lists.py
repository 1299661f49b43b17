"""The best of lists that were asked for, and how long predicted vectors must be in them.

An item nobody has touched has a vector from its content, and content cannot tell what people will
take to. Its places are too few at the length of the others where many new items are wanted, and too
many where a catalogue is full of what nobody wants. Imports no model library.
"""

from dataclasses import dataclass

import numpy as np

from embedders.behaviour_exam import ENOUGH, PLACES
from embedders.sequences import Rows
from embedders.spaces import Array, Mask

LENGTHS = tuple(round(0.7 + 0.05 * step, 2) for step in range(17))
"""Tried for predicted vectors, from 0.7 to 1.5: beyond, lists of shops got worse for sure."""

COST = 0.02
"""Of nDCG that new items' share of places may cost, at most: without any loss, they had a third of
their share in a shop."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What lists come down to that were asked for, predicted vectors being of length 1.

    Attributes:
        rows: Shape (q,), row of the interaction each is to predict.
        right: Shape (q,), float32, score of its item.
        new: Shape (q,), whether nobody had touched that item.
        known_best: Shape (q, PLACES), the best scores of items somebody had touched, falling; -inf
            where there are fewer.
        new_best: Shape (q, PLACES), likewise of items nobody had.
    """

    rows: Rows
    right: Array
    new: Mask
    known_best: Array
    new_best: Array

    def some(self, rows: Rows) -> "Lists":
        """Keep the lists that predict some of the rows."""
        kept = np.isin(self.rows, rows)
        return Lists(
            self.rows[kept],
            self.right[kept],
            self.new[kept],
            self.known_best[kept],
            self.new_best[kept],
        )

    def gains(self, length: float = 1.0) -> Array:
        """Return each list's nDCG@10, shape (q,), float32; ties come after the answer."""
        factor = np.float32(length)
        right = np.where(self.new, factor * self.right, self.right)[:, None]
        ranks = (self.known_best > right).sum(axis=1) + (factor * self.new_best > right).sum(axis=1)
        return np.where(ranks < PLACES, 1 / np.log2(ranks + 2.0), 0.0).astype(np.float32)

    def shown(self, length: float = 1.0) -> float:
        """Return the share of all places that go to items nobody had touched, 0 to 1."""
        scaled = np.float32(length) * self.new_best
        ahead = (self.known_best[:, None, :] > scaled[:, :, None]).sum(axis=2)
        placed = (ahead + np.arange(PLACES) < PLACES) & np.isfinite(scaled)
        return float(placed.mean()) if placed.size else 0.0


def fair_length(lists: Lists) -> float:
    """Choose the length of predicted vectors that gives new items their share of places.

    It is the longest of LENGTHS by which new items take no more places than they are wanted in, and
    lists lose no more than COST of what they are worth at length 1; 1 where there is none, or too
    little to tell by.

    Args:
        lists: Over the whole catalogue, of what people did afterwards.
    """
    if int(lists.new.sum()) < ENOUGH:
        return 1.0
    wanted, least = float(lists.new.mean()), (1 - COST) * float(lists.gains().mean())
    fair = (
        length
        for length in LENGTHS
        if lists.shown(length) <= wanted and float(lists.gains(length).mean()) >= least
    )
    return max(fair, default=1.0)
