"""The people who judge what is tried: always the same, asked a batch at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.evaluation.methods import Method
from app.evaluation.metrics import METRICS, Floats, Ints, found
from app.evaluation.splits import Questions

BATCHES = 40
LEAST_BATCH = 10
"""People a batch at least: means of fewer are mostly chance."""

Watch = Callable[[int, float], bool]
"""Told the number of a batch and its mean; says whether to stop."""


def never(_batch: int, _mean: float) -> bool:
    """Go on to the end."""
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Questions in batches.

    Attributes:
        asked: For whom, and what was to be found.
        k: Places that are looked at.
        batches: Places of the questions, in an order drawn once, so that the first batches are no
            group of their own.
    """

    asked: Questions
    k: int
    batches: tuple[Ints, ...]

    @classmethod
    def of(cls, asked: Questions, k: int, *, seed: int) -> "Panel":
        """Put people in batches of equal size, as far as that is possible."""
        order = np.random.default_rng(seed).permutation(len(asked))
        count = max(1, min(BATCHES, len(asked) // LEAST_BATCH))
        return cls(asked, k, tuple(np.sort(each) for each in np.array_split(order, count)))

    def __len__(self) -> int:
        return len(self.asked)

    def judged(self, method: Method, metric: str, watch: Watch = never) -> Floats:
        """Ask everybody, or until told to stop.

        Args:
            method: Ranks.
            metric: One of `app.evaluation.metrics.METRICS`.
            watch: Called after every batch.

        Returns:
            Shape (n,), one number a person in the order of `asked`; NaN where nobody was asked.
        """
        values = np.full(len(self), np.nan)
        for number, places in enumerate(self.batches):
            values[places] = self._batch(method, places, (metric,))[metric]
            if watch(number, float(values[places].mean())):
                break
        return values

    def whole(self, method: Method) -> dict[str, Floats]:
        """Ask everybody, and judge by every metric: name to shape (n,)."""
        values = {name: np.full(len(self), np.nan) for name in METRICS}
        for places in self.batches:
            for name, mine in self._batch(method, places, tuple(METRICS)).items():
                values[name][places] = mine
        return values

    def _batch(self, method: Method, places: Ints, names: tuple[str, ...]) -> dict[str, Floats]:
        some = self.asked.some(places)
        hits = found(method.rank(some, self.k), list(some.targets))
        return {name: METRICS[name](hits, some.wanted, self.k) for name in names}
