"""Intervals hold what they promise, and tests find what is there and nothing else."""

import numpy as np
import pytest
from scipy import stats

from app.evaluation.confidence import difference, estimate, holm


def test_an_interval_is_the_one_scipy_draws() -> None:
    values = np.random.default_rng(1).exponential(size=400)

    mine = estimate(values, resamples=8_000)

    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=8_000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert mine.mean == pytest.approx(values.mean())


def test_nineteen_of_twenty_intervals_hold_the_true_mean() -> None:
    random = np.random.default_rng(5)

    drawn = [estimate(random.random(80), seed=seed, resamples=400) for seed in range(300)]

    held = np.mean([each.low <= 0.5 <= each.high for each in drawn])
    assert 0.90 <= held <= 0.98


def test_the_same_seed_gives_the_same_ends() -> None:
    values = np.random.default_rng(1).random(50)

    assert estimate(values, seed=4) == estimate(values, seed=4)


def test_people_without_a_number_are_left_out() -> None:
    mine = estimate(np.array([1.0, np.nan, 3.0]))

    assert (mine.mean, mine.people) == (2.0, 2)


def test_over_nobody_there_is_no_number() -> None:
    assert np.isnan(estimate(np.array([])).mean)
    assert np.isnan(difference(np.array([np.nan]), np.array([1.0])).p)


def test_a_difference_is_as_likely_as_scipys_sign_flips_say() -> None:
    random = np.random.default_rng(9)
    first, second = random.random(60), random.random(60) + 0.08

    mine = difference(first, second, resamples=8_000)

    theirs = stats.permutation_test(
        (second, first),
        lambda b, a, axis: np.mean(b - a, axis=axis),
        permutation_type="samples",
        n_resamples=8_000,
        rng=np.random.default_rng(1),
    )
    assert mine.p == pytest.approx(theirs.pvalue, abs=0.02)
    assert mine.mean == pytest.approx((second - first).mean())


def test_two_equal_runs_do_not_differ() -> None:
    values = np.random.default_rng(1).random(40)

    same = difference(values, values)

    assert (same.mean, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)


def test_equal_runs_are_called_different_once_in_twenty_times() -> None:
    random = np.random.default_rng(11)

    chances = [
        difference(random.random(40), random.random(40), seed=seed, resamples=300).p
        for seed in range(300)
    ]

    assert 0.02 <= np.mean([each <= 0.05 for each in chances]) <= 0.09


def test_several_tests_at_once_are_adjusted_as_holm_has_it() -> None:
    adjusted = holm([0.01, 0.04, 0.03, float("nan")])

    assert adjusted[:3] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(adjusted[3])
