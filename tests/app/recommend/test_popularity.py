import math
from datetime import datetime, timedelta
from functools import reduce
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.recommend.popularity import LANDMARK, NO_LEVEL, count_at, level_of, level_sum
from tests.app.recommend.world import NOW

Event = tuple[float, datetime]

half_lives = st.sampled_from([timedelta(hours=6), timedelta(days=1), timedelta(days=30)])
moments = st.floats(-365, 7 * 365).map(lambda days: LANDMARK + timedelta(days=days))
events = st.lists(st.tuples(st.floats(0.01, 100), moments), min_size=1, max_size=60)


def kept(happened: list[Event], half_life: timedelta) -> float:
    levels = [level_of(weight, moment, half_life=half_life) for weight, moment in happened]
    return reduce(level_sum, levels, NO_LEVEL)


@given(events, half_lives)
def test_a_kept_count_is_the_brute_force_decayed_sum(
    happened: list[Event], half_life: timedelta
) -> None:
    now = max(moment for _, moment in happened) + timedelta(hours=3)

    counted = count_at(kept(happened, half_life), now, half_life=half_life)

    expected = math.fsum(w * 2.0 ** -((now - moment) / half_life) for w, moment in happened)
    assert math.isclose(counted, expected, rel_tol=1e-9)


@given(events, half_lives, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    happened: list[Event], half_life: timedelta, random: Random
) -> None:
    shuffled = list(happened)
    random.shuffle(shuffled)

    first, second = kept(happened, half_life), kept(shuffled, half_life)

    assert math.isclose(2.0 ** (first - second), 1.0, rel_tol=1e-9)


@given(events, events, half_lives, moments)
def test_ranking_by_level_is_ranking_by_count_at_any_time(
    one: list[Event], other: list[Event], half_life: timedelta, now: datetime
) -> None:
    levels = sorted([kept(one, half_life), kept(other, half_life)])

    counts = [count_at(level, now, half_life=half_life) for level in levels]

    assert counts == sorted(counts)


def test_a_count_halves_with_every_half_life() -> None:
    day = timedelta(days=1)
    level = level_of(8.0, NOW, half_life=day)

    counts = [count_at(level, NOW + days * day, half_life=day) for days in range(4)]

    assert counts == [8.0, 4.0, 2.0, 1.0]


def test_nothing_counts_nothing() -> None:
    day = timedelta(days=1)

    level = level_sum(level_of(0.0, NOW, half_life=day), NO_LEVEL)

    assert count_at(level, NOW, half_life=day) == 0.0


def test_ten_thousand_interactions_of_one_item_keep_nine_digits() -> None:
    day = timedelta(days=1)
    happened = [(1.0 + each % 7, NOW - each * timedelta(minutes=7)) for each in range(10_000)]

    counted = count_at(kept(happened, day), NOW, half_life=day)

    expected = math.fsum(w * 2.0 ** -((NOW - moment) / day) for w, moment in happened)
    assert math.isclose(counted, expected, rel_tol=1e-9)


def test_a_count_asked_for_long_before_it_happened_stays_finite() -> None:
    minute = timedelta(minutes=1)

    counted = count_at(level_of(5.0, NOW, half_life=minute), LANDMARK, half_life=minute)

    assert math.isfinite(counted)
