"""How alike candidates are to one another: for diversity, and to tell duplicates."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.recommend.settings import PlacingSettings
from embedders.behaviour import SPACE
from embedders.layout import Layout
from embedders.spaces import Array

Row = NDArray[np.float32]
Rows = list[int]


class Likeness:
    """Compares one candidate with all others, a row at a time.

    Args:
        vectors: Shape (n, d), joined vectors as candidates.
        predicted: The spaces of each that were predicted; a predicted block is no duplicate.
        layout: The spaces.
        weights: Space to weight, scaled to sum 1.
        settings: From which likeness on two items are duplicates.
        order: Rows of `vectors`, shape (m,), that are compared, in the order by which they are
            called from here on; all as they are where it is left out.
    """

    def __init__(
        self,
        vectors: Array,
        predicted: Sequence[Collection[str]],
        layout: Layout,
        weights: Mapping[str, float],
        settings: PlacingSettings,
        order: NDArray[np.intp] | None = None,
    ) -> None:
        self._settings = settings
        self._vectors = vectors
        self._order = np.arange(len(vectors)) if order is None else order
        self._predicted = predicted
        self._layout = layout
        self._weights = weights

    def to(self, row: int) -> Row:
        """Return how like a candidate all are: shape (n,), weighted, on the scale of relevance."""
        joined = np.zeros(len(self._order), dtype=np.float32)
        for space in self._layout.spaces:
            joined += np.float32(self._weights.get(space.name, 0.0)) * self._alike(space.name, row)
        return joined

    def duplicates(self, row: int) -> Rows:
        """Return the rows of a candidate's duplicates, ascending.

        They have the same words or the same picture, and no other content they both have is very
        different. What people do with them says nothing of that.
        """
        found = np.zeros(len(self._order), dtype=np.bool_)
        differing = np.zeros(len(self._order), dtype=np.bool_)
        for space, own in self._own.items():
            if own[row]:
                alike = self._alike(space, row)
                found |= own & (alike >= self._settings.duplicate)
                differing |= own & (alike < self._settings.duplicate_rest)
        found &= ~differing
        found[row] = False
        rows: Rows = np.flatnonzero(found).tolist()
        return rows

    def _alike(self, space: str, row: int) -> Row:
        # A view: BLAS takes rows that are apart, and copying them took longer than the products.
        block = self._vectors[:, self._layout.slice(space)]
        alike: Row = (block @ block[self._order[row]])[self._order]
        return alike

    @cached_property
    def _own(self) -> Mapping[str, NDArray[np.bool_]]:
        """Which have content of their own in a space, not predicted: space to shape (m,)."""
        own = {}
        for space in self._layout.spaces:
            if space.name != SPACE:
                guessed = np.array([space.name in each for each in self._predicted], dtype=np.bool_)
                there = self._vectors[:, self._layout.slice(space.name)].any(axis=1)
                own[space.name] = (there & ~guessed)[self._order]
        return own
