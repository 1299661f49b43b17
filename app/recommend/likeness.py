"""How alike candidates are to one another: for diversity, and to tell duplicates."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.recommend.settings import PlacingSettings
from embedders.behaviour import SPACE
from embedders.layout import Layout
from embedders.spaces import Array

Row = NDArray[np.float32]
Marks = NDArray[np.bool_]


class Likeness:
    """Compares one candidate with all others, a row at a time.

    Args:
        vectors: Shape (n, d), joined vectors as candidates.
        predicted: The spaces of each that were predicted; a predicted block is no duplicate.
        layout: The spaces.
        weights: Space to weight, scaled to sum 1.
        settings: From which likeness on two items are duplicates.
    """

    def __init__(
        self,
        vectors: Array,
        predicted: Sequence[Collection[str]],
        layout: Layout,
        weights: Mapping[str, float],
        settings: PlacingSettings,
    ) -> None:
        self._settings = settings
        self._weights = [weights.get(space.name, 0.0) for space in layout.spaces]
        self._blocks = [
            np.ascontiguousarray(vectors[:, layout.slice(space.name)]) for space in layout.spaces
        ]
        self._own: list[Marks] = [
            np.array([space.name not in names for names in predicted], dtype=np.bool_)
            & blocks.any(axis=1)
            for space, blocks in zip(layout.spaces, self._blocks, strict=True)
        ]
        self._content = [row for row, space in enumerate(layout.spaces) if space.name != SPACE]

    def to(self, row: int) -> tuple[Row, Marks]:
        """Compare a candidate with all.

        Returns:
            Weighted likeness, shape (n,), on the scale of relevance; and which are its duplicates:
            the same words or the same picture, and no other content they both have very different.
            What people do with them says nothing of that.
        """
        alike = [blocks @ blocks[row] for blocks in self._blocks]
        joined = np.zeros(len(self._blocks[0]), dtype=np.float32)
        for worth, one in zip(self._weights, alike, strict=True):
            joined += np.float32(worth) * one
        same = np.zeros(len(joined), dtype=np.bool_)
        unlike = np.zeros(len(joined), dtype=np.bool_)
        for place in self._content:
            own, one = self._own[place], alike[place]
            both = own & own[row]
            same |= both & (one >= self._settings.duplicate)
            unlike |= both & (one < self._settings.duplicate_rest)
        duplicates: Marks = same & ~unlike
        duplicates[row] = False
        return joined, duplicates
