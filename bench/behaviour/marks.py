"""Marks for lists of ten: nDCG and recall, with confidence intervals over people.

Lists leave out what a person has touched; equal scores are in the order of item numbers. Answers
count alike: nDCG divides by the best list possible, recall by the answers or ten, whichever is
fewer. A person's questions are averaged first, so that everybody counts once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.evaluation import metrics
from bench.behaviour.exams import Exam
from embedders.spaces import Mask

Scores = NDArray[np.floating]
Scorer = Callable[[Exam, NDArray[np.int64]], Scores]
"""Of an exam and the numbers of q of its questions: shape (q, items)."""

PLACES = 10

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Marks:
    """An average over people, with the 95 % interval of a bootstrap over them.

    Attributes:
        ndcg, recall: Means.
        ndcg_interval, recall_interval: From, to.
        people: How many.
        each: Shape (people,), nDCG, for paired comparisons.
    """

    ndcg: float
    recall: float
    ndcg_interval: tuple[float, float]
    recall_interval: tuple[float, float]
    people: int
    each: NDArray[np.float64]


def mark(exam: Exam, score: Scorer, among: Mask | None = None) -> Marks:
    """Rank the catalogue (or the items `among` it, shape (items,)) for every question."""
    ndcg, recall = np.zeros(len(exam)), np.zeros(len(exam))
    for first in range(0, len(exam), _BATCH):
        questions = np.arange(first, min(first + _BATCH, len(exam)))
        scores = np.array(score(exam, questions), dtype=np.float64)
        if among is not None:
            scores[:, ~among] = -np.inf
        for place, question in enumerate(questions):
            scores[place, exam.everything.items[exam.history(int(question))]] = -np.inf
            listed = top(scores[place], PLACES)
            hits = np.isin(listed, exam.truths[question])
            wanted = len(exam.truths[question])
            ndcg[question] = gain(hits, wanted)
            recall[question] = hits.sum() / min(PLACES, wanted)
    return _averaged(exam.people, ndcg, recall)


def gain(hits: Mask, wanted: int) -> float:
    """Return the nDCG of a list, best first, of which so many were wanted."""
    return float(metrics.ndcg(hits[np.newaxis], np.array([wanted]), PLACES)[0])


def top(scores: NDArray[np.float64], places: int) -> NDArray[np.int64]:
    """Number the best items, best first, equal ones by number; those of -inf are left out."""
    places = min(places, len(scores))
    least = np.partition(scores, -places)[-places]
    found = np.flatnonzero((scores >= least) & (scores > -np.inf))
    return found[np.argsort(-scores[found], kind="stable")][:places]


def better(first: Marks, second: Marks) -> tuple[float, float]:
    """Return the 95 % interval of how much nDCG the first adds to the second, paired by person."""
    low, high = _interval(first.each - second.each)
    return low, high


def _averaged(
    people: NDArray[np.int64], ndcg: NDArray[np.float64], recall: NDArray[np.float64]
) -> Marks:
    _, owner = np.unique(people, return_inverse=True)
    asked = np.maximum(np.bincount(owner), 1)
    gained = np.bincount(owner, ndcg) / asked
    found = np.bincount(owner, recall) / asked
    return Marks(
        float(gained.mean()) if len(gained) else 0.0,
        float(found.mean()) if len(found) else 0.0,
        _interval(gained),
        _interval(found),
        len(gained),
        gained,
    )


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    if len(values) == 0:
        return 0.0, 0.0
    random = np.random.default_rng(0)
    means = [random.choice(values, len(values)).mean() for _ in range(1000)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
