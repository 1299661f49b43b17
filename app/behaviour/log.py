"""Interactions as arrays, as they are read and before they are trusted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedders.sequences import Sequences, sequences

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

SECONDS = 86_400.0
"""In a day."""


@dataclass(frozen=True, slots=True)
class Log:
    """n interactions in any order.

    Attributes:
        people: Shape (n,), whose each is, 0 or more.
        items: Shape (n,), 0 or more.
        kinds: Shape (n,), a number for each kind of interaction.
        weights: Shape (n,), float32, evidence; below 0 speaks against the item.
        days: Shape (n,), float64, when, in days since any fixed moment.
    """

    people: Numbers
    items: Numbers
    kinds: Numbers
    weights: NDArray[np.float32]
    days: NDArray[np.float64]

    def __post_init__(self) -> None:
        columns = (self.people, self.items, self.kinds, self.weights, self.days)
        rows = {len(column) for column in columns}
        if len(rows) != 1:
            raise ValueError(f"the columns of a log are equally long, not {sorted(rows)}")

    def __len__(self) -> int:
        return len(self.people)

    def kept(self, rows: Mask | Numbers) -> "Log":
        """Keep the rows where a mask is true, or the numbered ones in that order."""
        return Log(
            self.people[rows], self.items[rows], self.kinds[rows], self.weights[rows],
            self.days[rows],
        )  # fmt: skip

    def sequences(self, people: int) -> Sequences:
        """Sort into sequences of so many people; rows of one moment keep their order."""
        return sequences(self.people, self.items, self.weights, self.days, count=people)
