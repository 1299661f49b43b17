"""Shallow linear autoencoders: EASE and ELSA."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from app.evaluation.methods import Scores, profiles, ranked
from app.evaluation.metrics import Ints, Ranking
from app.evaluation.splits import Questions

Matrix = npt.NDArray[np.float32]

MOST_ITEMS = 12_000
"""EASE inverts a matrix of items by items: 12,000 take 600 MB and about a minute on two cores.
Beyond that the most popular ones are learned of, and the others are never recommended."""

Model = Callable[["sparse.csr_array"], Matrix]
"""From profiles over the learned items to their scores."""

RECENT = 3.0
"""Moments after which an interaction counts half, in the recency-weighted variants."""


@dataclass(frozen=True, slots=True)
class EASE:
    """Each item from all others, in closed form.

    Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019: B = I - P / diag(P) with
    P = (XᵀX + λI)⁻¹ and a zero diagonal; the scores are x B.

    Attributes:
        penalty: λ, above 0.
        half: Moments after which a person's interaction counts half when they are asked for
            (`app.evaluation.methods.profiles`); None: all count alike. What is learned from is not
            weighted.
    """

    penalty: float = 200.0
    half: float | None = None

    @property
    def name(self) -> str:
        """What reports call it."""
        return "ease" if self.half is None else "ease-recent"

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        learned = warmest(asked, MOST_ITEMS)
        between = self._between(asked.liked.touches()[:, learned])
        return _ranked(asked, learned, self.half, lambda known: known @ between, k)

    def _between(self, touches: "sparse.csr_array") -> Matrix:
        both = np.asarray((touches.T @ touches).todense(), dtype=np.float32)
        both[np.diag_indices_from(both)] += np.float32(self.penalty)
        inverse = linalg.inv(both, overwrite_a=True, check_finite=False)
        between: Matrix = inverse / -np.diag(inverse)
        between[np.diag_indices_from(between)] = 0
        return between


@dataclass(frozen=True, slots=True)
class ELSA:
    """EASE's idea with a matrix of low rank.

    Vančura et al., "Scalable linear shallow autoencoder for collaborative filtering", RecSys 2022:
    scores are x (A Aᵀ - I), rows of A of unit length, learned to make the scores point where x
    does (their normalised squared error), by Adam on random batches of people.

    Attributes:
        dimensions: Columns of A.
        half: As for EASE.
        rounds: Passes over everybody.
        rate: Step size.
        batch: People a step.
        seed: Of the beginning and of the batches.
    """

    dimensions: int = 256
    half: float | None = None
    rounds: int = 20
    rate: float = 0.01
    batch: int = 256
    seed: int = 0

    @property
    def name(self) -> str:
        """What reports call it."""
        return "elsa" if self.half is None else "elsa-recent"

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        learned = warmest(asked, len(asked.train.things))
        placed = self._learn(asked.liked.touches()[:, learned])

        def scores(known: "sparse.csr_array") -> Matrix:
            return np.asarray((known @ placed) @ placed.T - known.toarray(), dtype=np.float32)

        return _ranked(asked, learned, self.half, scores, k)

    def _learn(self, touches: "sparse.csr_array") -> Matrix:
        random = np.random.default_rng(self.seed)
        people = np.flatnonzero(np.diff(touches.indptr))
        free = random.normal(size=(touches.shape[1], self.dimensions)).astype(np.float32)
        free /= np.sqrt(np.float32(self.dimensions))
        adam = _Adam(self.rate, free)
        for _ in range(self.rounds):
            order = random.permutation(people)
            for start in range(0, order.size, self.batch):
                given = touches[order[start : start + self.batch]].toarray()
                free = adam.step(free, _slope(given, free))
        return _unit(free)


class _Adam:
    """Kingma and Ba, "Adam", ICLR 2015, with its usual constants."""

    def __init__(self, rate: float, like: Matrix) -> None:
        self._rate = rate
        self._mean = np.zeros_like(like)
        self._square = np.zeros_like(like)
        self._steps = 0

    def step(self, free: Matrix, slope: Matrix) -> Matrix:
        self._steps += 1
        self._mean += np.float32(0.1) * (slope - self._mean)
        self._square += np.float32(0.001) * (slope * slope - self._square)
        scale = self._rate * np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        return np.asarray(
            free - np.float32(scale) * self._mean / (np.sqrt(self._square) + np.float32(1e-8))
        )


def _slope(given: Matrix, free: Matrix) -> Matrix:
    """Differentiate ELSA's error by the rows before they are scaled to unit length."""
    lengths = np.maximum(np.linalg.norm(free, axis=1, keepdims=True), 1e-12)
    placed = free / lengths
    inside = given @ placed
    out = inside @ placed.T - given
    out_lengths = np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    unit = out / out_lengths
    # |ŷ - x̂|² falls by ŷ as 2 (ŷ - x̂); the part along ŷ is lost to the scaling.
    pull = 2 * (unit - _unit(given)) / given.shape[0]
    by_out = (pull - unit * (unit * pull).sum(axis=1, keepdims=True)) / out_lengths
    by_placed = given.T @ (by_out @ placed) + by_out.T @ inside
    return np.asarray(
        (by_placed - placed * (placed * by_placed).sum(axis=1, keepdims=True)) / lengths
    )


def _unit(rows: Matrix) -> Matrix:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def warmest(asked: Questions, most: int) -> Ints:
    """Return the numbers of the items most people liked, at least one did; ascending."""
    counts = asked.liked.popularity()
    order = np.lexsort((np.arange(counts.size), -counts))[:most]
    return np.sort(order[counts[order] > 0])


def _ranked(asked: Questions, learned: Ints, half: float | None, model: Model, k: int) -> Ranking:
    known = profiles(asked, half=half)[:, learned]
    width = len(asked.train.things)

    def scores(places: Ints) -> Scores:
        mine = known[places]
        full = np.full((places.size, width), -np.inf, dtype=np.float32)
        full[:, learned] = model(mine)
        # To people without a past all scores are 0, and ties by number are no recommendation.
        full[np.diff(mine.indptr) == 0] = -np.inf
        return full

    return ranked(asked, scores, k)
