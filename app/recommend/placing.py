"""Places for scored candidates: relevance first, then what people and operators want of a list.

    value of i   (1 - λ) · score_i - λ · max over placed j of likeness(i, j)

is maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). Before the greatest value is
taken, an interest that is owed a place gets it: after n places one of share p has at least
⌊balance · p · n⌋ of them, while it has candidates above 0 (a lower quota, as in apportionment;
calibration after Steck, RecSys 2018). A place may go to exploration instead, by lot.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.recommend.answers import MoveReason
from app.recommend.likeness import Likeness
from app.recommend.limits import Label, Limits
from indexer.catalogue import Candidate

QUOTA_SLACK = 1e-9
"""0.5 · 0.4 · 5 must come to 1 place, not to 0.9999999."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Scored candidates, best first, ties by item_id.

    Attributes:
        candidates: n of them.
        scores: Shape (n,), boosts counted.
        aspects: Shape (n,), each one's best aspect.
        shares: Shape (k,), the share of the places each aspect should have, summing to at most 1.
        uncertain: Shape (n,), how much there is to learn of each, 0 for what is well known.
        likeness: Compares them; None where nothing asks for it.
    """

    candidates: Sequence[Candidate]
    scores: NDArray[np.float64]
    aspects: NDArray[np.intp]
    shares: NDArray[np.float64]
    uncertain: NDArray[np.float64]
    likeness: Likeness | None


@dataclass(frozen=True, slots=True)
class Rules:
    """How places are given.

    Attributes:
        limit: Places.
        diversity: λ, 0 to 1.
        balance: 0 to 1.
        exploration: Probability that a place is given by lot, 0 to 1.
        collapse: Whether duplicates of what is placed are left out.
        lot: Draws a number from 0 to below 1.
    """

    limit: int
    diversity: float
    balance: float
    exploration: float
    collapse: bool
    lot: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate that got a place.

    Attributes:
        row: In the pool.
        why: What gave it the place, None when its score did.
        propensity: Probability that it got this place, given those before it.
    """

    row: int
    why: MoveReason | None
    propensity: float


class Placer:
    """Gives places one after another; used once."""

    def __init__(self, pool: Pool, limits: Limits, rules: Rules) -> None:
        self._pool = pool
        self._rules = rules
        self._limits = limits
        count = len(pool.candidates)
        self._free: NDArray[np.bool_] = np.ones(count, dtype=np.bool_)
        self._positive = pool.scores > 0
        self._nearest = np.zeros(count, dtype=np.float64)
        self._served = np.zeros(len(pool.shares), dtype=np.int64)
        self._labelled: dict[Label, list[int]] = defaultdict(list)
        if limits:
            for row, candidate in enumerate(pool.candidates):
                for label in limits.labels(candidate):
                    self._labelled[label].append(row)
            for label in self._labelled:
                self._close(label)
        self.limited = not self._free.all()
        """Whether a cap or a duplicate kept something out."""

    def places(self) -> list[Place]:
        """Give as many places as there are candidates for, at most `limit`."""
        given: list[Place] = []
        while len(given) < self._rules.limit and self._free.any():
            place = self._next(len(given))
            given.append(place)
            self._take(place.row)
        return given

    def _next(self, placed: int) -> Place:
        best, why = self._best(placed)
        exploring = self._rules.exploration
        odds = self._odds() if exploring > 0 else None
        if odds is None:
            return Place(best, why, 1.0)
        chosen = best
        if self._rules.lot() < exploring:
            drawn = int(np.searchsorted(np.cumsum(odds), self._rules.lot(), side="right"))
            # Rounding may leave the last sum below 1, and the lot between the two.
            chosen = min(drawn, int(np.flatnonzero(odds)[-1]))
            why = "exploration"
        propensity = exploring * float(odds[chosen])
        if chosen == best:
            propensity += 1.0 - exploring
        return Place(chosen, why, propensity)

    def _best(self, placed: int) -> tuple[int, MoveReason | None]:
        diversity = self._rules.diversity
        owed = self._owed(placed)
        able = self._free if owed is None else self._free & (self._pool.aspects == owed)
        # The pool is in the order of scores, so that the first one is the best by its score.
        first = int(self._free.argmax())
        row = int(able.argmax())
        if diversity > 0:
            values = (1.0 - diversity) * self._pool.scores - diversity * self._nearest
            values[~able] = -np.inf
            row = int(values.argmax())
        if row == first:
            return row, None
        return row, "diversity" if owed is None else "balance"

    def _owed(self, placed: int) -> int | None:
        """Return the aspect that is owed most, if one with candidates above 0 is owed a place."""
        shares = self._pool.shares
        if self._rules.balance <= 0 or len(shares) < 2:
            return None
        quota = self._rules.balance * shares * (placed + 1)
        lacking = quota - self._served
        owed = np.floor(quota + QUOTA_SLACK) > self._served
        if not owed.any():
            return None
        there = self._pool.aspects[self._free & self._positive]
        owed &= np.bincount(there, minlength=len(shares)) > 0
        if not owed.any():
            return None
        return int(np.where(owed, lacking, -np.inf).argmax())

    def _odds(self) -> NDArray[np.float64] | None:
        """Return the odds of each candidate in a lot: the less known and the nearer, the better."""
        worth = self._pool.uncertain * np.maximum(self._pool.scores, 0.0) * self._free
        total = float(worth.sum())
        if total <= 0.0:
            return None
        odds: NDArray[np.float64] = worth / total
        return odds

    def _take(self, row: int) -> None:
        self._free[row] = False
        self._served[self._pool.aspects[row]] += 1
        if self._limits:
            candidate = self._pool.candidates[row]
            self._limits.place(candidate)
            for label in self._limits.labels(candidate):
                self._close(label)
        if self._pool.likeness is None:
            return
        if self._rules.diversity > 0:
            np.maximum(self._nearest, self._pool.likeness.to(row), out=self._nearest)
        if self._rules.collapse:
            self._leave_out(self._pool.likeness.duplicates(row))

    def _close(self, label: Label) -> None:
        if self._limits.full(label):
            self._leave_out(self._labelled[label])

    def _leave_out(self, rows: Sequence[int]) -> None:
        if rows and self._free[rows].any():
            self._free[rows] = False
            self.limited = True
