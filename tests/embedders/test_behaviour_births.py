import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedders.behaviour_births import births, moments_of
from embedders.sequences import Sequences, sequences

MUCH = 100
CHANCE = 0.01


def touched(items: list[int], days: list[float]) -> Sequences:
    """One interaction a person."""
    people = np.arange(len(items))
    ones = np.ones(len(items), dtype=np.float32)
    return sequences(people, np.array(items), ones, np.array(days), count=len(items))


def busy_until_then(late: int) -> Sequences:
    """Item 0 is touched every day by another person, item 1 daily from half of the time on."""
    days = [float(day) for day in range(MUCH)]
    return touched([0] * MUCH + [1] * late, days + [MUCH / 2 + each for each in range(late)])


def test_an_item_that_many_touched_from_one_day_on_was_not_there_before() -> None:
    held = busy_until_then(late=30)

    found = births(held, 2, chance=CHANCE)

    assert found.tolist() == [0, MUCH // 2]


def test_an_item_that_few_touched_may_have_been_there_all_along() -> None:
    held = busy_until_then(late=3)

    found = births(held, 2, chance=CHANCE)

    assert found.tolist() == [0, 0]


def test_with_a_chance_of_0_everything_was_always_there() -> None:
    assert births(busy_until_then(late=30), 2, chance=0.0).tolist() == [0, 0]


def test_what_one_person_does_again_and_again_says_no_more_of_when_it_came() -> None:
    once = busy_until_then(late=3)
    often = sequences(
        np.concatenate([once.people, np.full(40, MUCH)]),
        np.concatenate([once.items, np.full(40, 1)]),
        np.ones(MUCH + 43, dtype=np.float32),
        np.concatenate([once.days, np.full(40, MUCH + 10.0)]),
        count=MUCH + 3,
    )

    found = births(often, 2, chance=CHANCE)

    assert found.tolist() == [0, 0]


def test_an_item_nobody_touched_and_a_catalogue_without_interactions_have_no_births() -> None:
    nobody = touched([], [])

    assert births(busy_until_then(late=30), 4, chance=CHANCE)[2:].tolist() == [0, 0]
    assert births(nobody, 3, chance=CHANCE).tolist() == [0, 0, 0]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 20)), min_size=1, max_size=60
    )
)
def test_nobody_ever_touched_an_item_before_it_came(done: list[tuple[int, int, int]]) -> None:
    people, items, days = (np.array(each) for each in zip(*done, strict=True))
    ones = np.ones(len(done), dtype=np.float32)
    held = sequences(people, items, ones, days.astype(np.float64), count=6)

    found = births(held, 6, chance=CHANCE)

    assert (found[held.items] <= moments_of(held)).all()
    before = np.array([(moments_of(held) < each).mean() for each in found])
    sure = (1 - before) ** held.counts(6) < CHANCE
    assert (sure | (found == 0)).all()


def test_moments_are_the_same_where_days_are_and_rise_with_them() -> None:
    held = touched([0, 0, 0, 0], [3.5, 1.0, 3.5, 2.0])

    assert moments_of(held) == pytest.approx([2, 0, 2, 1])
