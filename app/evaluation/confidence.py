"""How sure a number is: intervals over people, and tests between two runs over the same people."""

import math
from dataclasses import dataclass

import numpy as np

from app.evaluation.metrics import Floats

LEVEL = 0.95
RESAMPLES = 2_000
"""An end of the interval then moves by about 3 % of its width from seed to seed."""

_CELLS = 8_000_000
"""Numbers held at once while resampling: 64 MB."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over people.

    Attributes:
        mean: NaN over nobody.
        low, high: Ends of its 95 % percentile bootstrap interval (Efron and Tibshirani, "An
            Introduction to the Bootstrap", 1993, chapter 13).
        people: Over how many.
    """

    mean: float
    low: float
    high: float
    people: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What one run is better than another by, over the same people.

    Attributes:
        mean: Of b - a.
        low, high: Ends of its 95 % bootstrap interval, people being drawn with both their numbers.
        p: Two-sided probability of a mean at least as far from 0 if the two runs were exchangeable
            for every person: a sign-flip permutation test (Smucker, Allan and Carterette, "A
            comparison of statistical significance tests for IR evaluation", CIKM 2007), drawn at
            random, with the observed one counted in, so never below 1 / (RESAMPLES + 1).
        people: How many.
    """

    mean: float
    low: float
    high: float
    p: float
    people: int


def estimate(values: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Estimate a mean over people.

    Args:
        values: Shape (n,), one number a person; NaN leaves a person out.
        seed: Of the draws: the same seed gives the same ends.
        resamples: How many times people are drawn.
    """
    there = values[~np.isnan(values)]
    if there.size == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    low, high = _ends(there, np.random.default_rng(seed), resamples)
    return Estimate(float(there.mean()), low, high, there.size)


def difference(
    first: Floats, second: Floats, *, seed: int = 0, resamples: int = RESAMPLES
) -> Difference:
    """Compare two runs over the same people, person by person.

    Args:
        first: Shape (n,), one number a person; NaN leaves a person out.
        second: The same people in the same order.
        seed: Of the draws.
        resamples: How many times people are drawn, and signs are flipped.
    """
    gaps = second - first
    gaps = gaps[~np.isnan(gaps)]
    if gaps.size == 0:
        return Difference(float("nan"), float("nan"), float("nan"), float("nan"), 0)
    random = np.random.default_rng(seed)
    low, high = _ends(gaps, random, resamples)
    observed = abs(gaps.sum())
    # Sums of the same numbers in another order differ in their last digits.
    slack = 1e-9 * max(1.0, float(np.abs(gaps).sum()))
    as_far = 0
    for some in _slices(gaps.size, resamples):
        signs = random.integers(0, 2, size=(some, gaps.size), dtype=np.int8) * 2 - 1
        as_far += int((np.abs(signs @ gaps) >= observed - slack).sum())
    return Difference(float(gaps.mean()), low, high, (as_far + 1) / (resamples + 1), gaps.size)


def apart(first: Floats, second: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Estimate by how much the mean of some people is above that of others.

    Args:
        first: Shape (n,); NaN leaves a person out.
        second: Shape (m,), other people.
        seed: Of the draws.
        resamples: How many times both are drawn, each by itself.

    Returns:
        Over the people of the first; NaN where either has nobody.
    """
    one, other = (each[~np.isnan(each)] for each in (first, second))
    if not (one.size and other.size):
        return Estimate(float("nan"), float("nan"), float("nan"), one.size)
    random = np.random.default_rng(seed)
    gaps = _means(one, random, resamples) - _means(other, random, resamples)
    low, high = _tails(gaps)
    return Estimate(float(one.mean() - other.mean()), low, high, one.size)


def holm(chances: list[float]) -> list[float]:
    """Adjust probabilities for having made several tests at once.

    After Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 1979. NaN stays, and counts for nothing.

    Returns:
        In the same order, none below what was given, at most 1.
    """
    adjusted = list(chances)
    there = [each for each, chance in enumerate(chances) if not math.isnan(chance)]
    order = sorted(there, key=lambda each: chances[each])
    floor = 0.0
    for place, each in enumerate(order):
        floor = max(floor, min(1.0, chances[each] * (len(order) - place)))
        adjusted[each] = floor
    return adjusted


def _ends(values: Floats, random: np.random.Generator, resamples: int) -> tuple[float, float]:
    return _tails(_means(values, random, resamples))


def _means(values: Floats, random: np.random.Generator, resamples: int) -> Floats:
    """Return shape (resamples,): the mean of as many people, drawn with repeats."""
    means: list[Floats] = []
    for some in _slices(values.size, resamples):
        drawn = random.integers(0, values.size, size=(some, values.size), dtype=np.int32)
        means.append(values[drawn].mean(axis=1))
    return np.concatenate(means)


def _tails(means: Floats) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _slices(width: int, rows: int) -> list[int]:
    most = max(1, _CELLS // width)
    return [min(most, rows - start) for start in range(0, rows, most)]
