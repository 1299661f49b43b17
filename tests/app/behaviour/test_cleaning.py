from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.behaviour.cleaning import Rules, clean
from app.behaviour.log import SECONDS, Log

LENIENT = Rules(item_people=1, person_items=1)


def log(rows: list[tuple[int, int, float]], kind: int = 0) -> Log:
    """People, items and seconds."""
    people, items, seconds = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return Log(
        people.astype(np.int64),
        items.astype(np.int64),
        np.full(len(rows), kind, dtype=np.int64),
        np.ones(len(rows), dtype=np.float32),
        seconds / SECONDS,
    )


def test_the_same_again_a_moment_later_is_left_out() -> None:
    double_click = log([(0, 5, 100.0), (0, 5, 101.0), (0, 6, 101.0), (0, 5, 500.0)])

    cleaned = clean(double_click, LENIENT)

    assert cleaned.dropped["repeats"] == 1
    assert cleaned.log.items.tolist() == [5, 6, 5]


def test_another_kind_or_another_person_is_no_repeat() -> None:
    viewed, bought = log([(0, 5, 100.0)]), log([(0, 5, 101.0), (1, 5, 101.0)], kind=1)
    both = Log(
        *(
            np.concatenate([getattr(viewed, name), getattr(bought, name)])
            for name in ("people", "items", "kinds", "weights", "days")
        )
    )

    cleaned = clean(both, LENIENT)

    assert len(cleaned.log) == 3


def test_a_script_within_a_minute_is_left_out_and_the_rest_of_the_person_stays() -> None:
    calm = [(0, item, 3600.0 * item) for item in range(100)]
    scripted = [(0, 200 + item, 500_000 + item / 4) for item in range(80)]

    cleaned = clean(log(calm + scripted), LENIENT)

    assert cleaned.dropped["bursts"] == 80
    assert cleaned.log.items.tolist() == list(range(100))


def test_who_is_mostly_bursts_is_left_out_altogether() -> None:
    calm = [(0, item, 3600.0 * item**1.5) for item in range(30)]
    scripted = [(0, 200 + item, 500_000 + item / 4) for item in range(80)]
    person = [(1, item, 1000.0 * item**2) for item in range(30)]

    cleaned = clean(log(calm + scripted + person), LENIENT)

    assert cleaned.dropped["machines"] == 110
    assert set(cleaned.log.people.tolist()) == {1}


def test_who_keeps_time_like_a_clock_is_a_machine() -> None:
    timer = [(0, item % 7, 600.0 * item) for item in range(80)]
    rng = np.random.default_rng(0)
    person = [(1, item, at) for item, at in enumerate(np.cumsum(rng.exponential(600, 80)))]

    cleaned = clean(log(timer + person), LENIENT)

    assert set(cleaned.log.people.tolist()) == {1}


def test_who_acts_all_day_long_is_a_machine() -> None:
    rng = np.random.default_rng(0)
    tireless = [(0, item, at) for item, at in enumerate(np.cumsum(rng.exponential(10, 6_000)))]

    cleaned = clean(log(tireless), LENIENT)

    assert cleaned.dropped["machines"] == 6_000


def test_a_large_basket_at_one_moment_is_no_burst() -> None:
    order = [(0, item, 100.0) for item in range(600)]

    cleaned = clean(log(order), LENIENT)

    assert len(cleaned.log) == 600


def test_a_whole_catalogue_at_one_moment_is_left_out() -> None:
    upload = [(0, item, 100.0) for item in range(1_001)] + [(0, 0, 9_000.0)]

    cleaned = clean(log(upload), LENIENT)

    assert cleaned.dropped["instants"] == 1_001
    assert len(cleaned.log) == 1


def test_items_and_people_with_too_little_are_left_out() -> None:
    shared = [(0, 1, 0.0), (0, 2, 9e5), (1, 1, 0.0), (1, 2, 9e5)]
    rare = [(0, 3, 2e6), (2, 1, 0.0)]

    cleaned = clean(log(shared + rare), Rules())

    assert cleaned.dropped["rare items"] == 1
    assert cleaned.dropped["short pasts"] == 1
    assert len(cleaned.log) == 4


def test_an_empty_log_stays_empty() -> None:
    cleaned = clean(log([]), Rules())

    assert len(cleaned.log) == 0
    assert set(cleaned.dropped.values()) == {0}


def test_columns_of_different_lengths_are_refused() -> None:
    short = log([(0, 1, 0.0)])

    with pytest.raises(ValueError, match="equally long"):
        replace(short, items=np.arange(2))


rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 400).map(float)), max_size=60
)


@given(rows=rows)
def test_what_is_left_and_what_was_dropped_add_up_and_come_in_order(
    rows: list[tuple[int, int, float]],
) -> None:
    dirty = log(rows)

    cleaned = clean(dirty, Rules(burst_moments=5, clock_moments=5))

    assert len(cleaned.log) + sum(cleaned.dropped.values()) == len(dirty)
    order = np.lexsort((cleaned.log.days, cleaned.log.people))
    assert np.array_equal(order, np.arange(len(order)))
    for person in set(cleaned.log.people.tolist()):
        assert len(set(cleaned.log.items[cleaned.log.people == person].tolist())) >= 2


@given(rows=rows)
def test_the_order_of_the_log_does_not_matter(rows: list[tuple[int, int, float]]) -> None:
    distinct = sorted(set(rows))

    one = clean(log(distinct), LENIENT).log
    other = clean(log(distinct[::-1]), LENIENT).log

    assert sorted(zip(one.people, one.items, one.days, strict=True)) == sorted(
        zip(other.people, other.items, other.days, strict=True)
    )
