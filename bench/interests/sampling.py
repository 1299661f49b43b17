"""How sure a figure is: bootstrap intervals over people (Efron 1979, percentiles)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2_000

Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over people, and where 95 of 100 such means of as many people would lie."""

    mean: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether 0 lies outside."""
        return self.low > 0.0 or self.high < 0.0


def per_person(values: Figures, people: Sequence[int]) -> Figures:
    """Average the occasions of each person.

    Args:
        values: Shape (n,), one an occasion.
        people: Whose occasion each is.

    Returns:
        Shape (people,), in the order of their numbers.
    """
    _, place = np.unique(np.asarray(people), return_inverse=True)
    counts = np.bincount(place)
    averages: Figures = np.bincount(place, values) / counts
    return averages


def interval(values: Figures, *, draws: int = DRAWS) -> Interval:
    """Draw people again and again, with replacement, the same draws every time.

    Args:
        values: Shape (n,), one a person, n at least 1. For a paired comparison: differences.
        draws: How often.
    """
    count = len(values)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1.0 / count), size=draws)
    means = drawn @ values / count
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))
