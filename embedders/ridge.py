"""A ridge regression over a stream: the linear map that predicts one block from others."""

import numpy as np
from numpy.typing import NDArray

from embedders.spaces import Array

MAP_ITEMS = 50
"""Fewer items than this give no map: it would repeat what a handful of them happen to share. At the
first rebuild, at 100 items, enough have both parts: fitted on 30 products the mean cosine between a
predicted and the true picture block was already .28; on 100 it was .31, on 1,000 .48."""

RIDGE = 1.0
"""Added to the diagonal. Rows are unit vectors, so it weighs as much as one item that says "all is
average" in every direction: it steadies small catalogues and vanishes in large ones. (Measured from
.1 to 100 on 30 to 1,000 products, text and pictures predicting each other: 1 to 3 was best.)"""


class RidgeFit:
    """Accumulates normal equations in float64; its memory does not grow with the rows."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self._gram: NDArray[np.float64] = np.zeros((inputs, inputs))
        self._cross: NDArray[np.float64] = np.zeros((inputs, outputs))
        self._items = 0

    def add(self, inputs: Array, outputs: Array) -> None:
        """Add rows: shape (n, inputs) and (n, outputs), n 0 or more."""
        if len(inputs) == 0:
            return
        known = inputs.astype(np.float64)
        self._gram += known.T @ known
        self._cross += known.T @ outputs.astype(np.float64)
        self._items += len(inputs)

    def solve(self) -> Array | None:
        """Return the map, shape (inputs, outputs), or None after fewer than MAP_ITEMS rows."""
        if self._items < MAP_ITEMS:
            return None
        steadied = self._gram + RIDGE * np.eye(len(self._gram))
        return np.linalg.solve(steadied, self._cross).astype(np.float32)
