"""How well vectors predict what people did next, and whether others did it better.

Imports no model library. What is scored here and by the network while it learns is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedders.decays import Decays
from embedders.learning import Trial
from embedders.sequences import Rows, Sequences
from embedders.spaces import Array

PLACES = 10
"""Places of a list that count: nDCG@10."""

ENOUGH = 50
"""Fewer answers than this say too little, be it of when to stop or of what is better."""

RESAMPLES = 2_000
"""An end of the interval then moves by about 3 % of its width from seed to seed."""

_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Contender:
    """Vectors of n items, and how a person is summed up from them.

    Attributes:
        candidates: Shape (n, d), float32.
        evidence: Shape (n, d), float32.
        decays: A mix of them in each of d dimensions.
    """

    candidates: Array
    evidence: Array
    decays: Decays


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two contenders over the same answers.

    Attributes:
        mine, theirs: Mean nDCG@10.
        low, high: Ends of the 95 % interval of their difference, mine less theirs: a percentile
            bootstrap in which people are drawn with all their answers.
        answers: How many.
        people: By how many.
    """

    mine: float
    theirs: float
    low: float
    high: float
    answers: int
    people: int

    @property
    def worse(self) -> bool:
        """Whether mine is surely worse: the whole interval lies below 0."""
        return self.high < 0


def latest(sequences: Sequences, share: float) -> float | None:
    """Return the day on which the latest part begins, or None when nothing is to be kept aside.

    Args:
        sequences: Everything.
        share: Of the interactions that are kept aside, the latest; 0 to below 1.
    """
    if share <= 0 or len(sequences.items) == 0:
        return None
    return float(np.quantile(sequences.days, 1 - share))


def asked_since(sequences: Sequences, since: float) -> Rows:
    """Number the rows that can be predicted from what their person did at earlier moments.

    Only what is new to the person and speaks for the item counts.

    Args:
        sequences: Everything.
        since: The day from which on.
    """
    answers = sequences.first_times & (sequences.days >= since) & (sequences.weights > 0)
    answers[sequences.moments[0] == sequences.starts[sequences.people]] = False
    return np.flatnonzero(answers)


def gains(sequences: Sequences, trial: Trial, by: Contender) -> Array:
    """Return the nDCG@10 of each answer of a trial by other vectors: shape (m,), float32.

    Everything before an answer's moment is known and left out of the list, as in the trial.
    """
    found = np.zeros(len(trial.rows), dtype=np.float32)
    firsts = sequences.moments[0][trial.rows]
    for begin in range(0, len(trial.rows), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        pasts = [
            np.arange(start, first)
            for start, first in zip(trial.starts[some], firsts[some], strict=True)
        ]
        blocks = np.stack(
            [
                _summed(sequences, past, float(sequences.days[row]), by)
                for past, row in zip(pasts, trial.rows[some], strict=True)
            ]
        )
        scores = blocks @ by.candidates.T
        answers = sequences.items[trial.rows[some]]
        right = scores[np.arange(len(answers)), answers].copy()
        for line, past in enumerate(pasts):
            scores[line, sequences.items[past]] = -np.inf
        ranks = (scores > right[:, None]).sum(axis=1)
        found[some] = np.where(ranks < PLACES, 1 / np.log2(ranks + 2.0), 0.0)
    return found


def _summed(sequences: Sequences, past: Rows, now: float, by: Contender) -> Array:
    coefficients = by.decays.coefficients(sequences.weights[past], now - sequences.days[past])
    total: Array = (coefficients * by.evidence[sequences.items[past]]).sum(axis=0)
    return total


def best_of(tried: Sequence[Array]) -> int:
    """Return the place of the gains, (m,) each, whose mean is greatest; the first of equal ones."""
    return int(np.argmax([each.mean() for each in tried]))


def last_as_good(tried: Sequence[Array], people: Rows) -> int:
    """Return the last place that is not worse than the best by more than chance would make it.

    That is by one standard error of the difference, of people with all their answers: where few
    people tell, which of many passes is best is mostly luck, and steps that shorten make the later
    ones the steadier.

    Args:
        tried: Gains over the same m answers, shape (m,) each, one or more.
        people: Shape (m,), whose each answer is.
    """
    best = tried[best_of(tried)]
    _, owners = np.unique(people, return_inverse=True)
    answers = np.bincount(owners).astype(np.float64)

    def good(mine: Array) -> bool:
        behind = np.bincount(owners, best.astype(np.float64) - mine)
        mean = behind.sum() / answers.sum()
        error = np.sqrt(((behind - mean * answers) ** 2).sum()) / answers.sum()
        return bool(mean <= error)

    return max(place for place, mine in enumerate(tried) if good(mine))


def compared(mine: Array, theirs: Array, people: Rows, *, seed: int = 0) -> Comparison:
    """Compare gains over the same m answers, at least 1.

    Args:
        mine: Shape (m,).
        theirs: Shape (m,).
        people: Shape (m,), whose each answer is: what one person does hangs together.
        seed: Decides which people are drawn.
    """
    _, owners = np.unique(people, return_inverse=True)
    answers = np.bincount(owners).astype(np.float64)
    ahead = np.bincount(owners, mine.astype(np.float64) - theirs).astype(np.float64)
    random = np.random.default_rng(seed)
    drawn = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        chosen = random.integers(len(answers), size=len(answers))
        drawn[number] = ahead[chosen].sum() / answers[chosen].sum()
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Comparison(
        float(mine.mean()), float(theirs.mean()), float(low), float(high), len(mine), len(answers)
    )
