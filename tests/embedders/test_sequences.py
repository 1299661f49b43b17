import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedders.errors import LayoutMismatch
from embedders.sequences import Sequences, sequences

rows = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(0, 9).map(float)), max_size=40
)


def made(given_rows: list[tuple[int, int, float]], count: int = 5) -> Sequences:
    people, items, days = np.array(given_rows, dtype=np.float64).reshape(-1, 3).T
    weights = np.ones(len(given_rows), dtype=np.float32)
    return sequences(people.astype(np.int64), items.astype(np.int64), weights, days, count=count)


@given(given_rows=rows)
def test_everybody_keeps_what_they_did_oldest_first(
    given_rows: list[tuple[int, int, float]],
) -> None:
    held = made(given_rows)

    for person in range(5):
        run = slice(held.starts[person], held.starts[person + 1])
        mine = [(item, day) for owner, item, day in given_rows if owner == person]
        expected = sorted(mine, key=lambda pair: pair[1])
        assert list(zip(held.items[run].tolist(), held.days[run].tolist(), strict=True)) == expected


@given(given_rows=rows)
def test_a_first_time_is_the_earliest_row_of_a_person_and_an_item(
    given_rows: list[tuple[int, int, float]],
) -> None:
    held = made(given_rows)

    seen: set[tuple[int, int]] = set()
    pairs = zip(held.people.tolist(), held.items.tolist(), strict=True)
    for pair, first in zip(pairs, held.first_times.tolist(), strict=True):
        assert first == (pair not in seen)
        seen.add(pair)
    assert int(held.counts(7).sum()) == len(seen)


@given(given_rows=rows, moment=st.floats(0, 9))
def test_people_keep_their_places_when_rows_are_left_out(
    given_rows: list[tuple[int, int, float]], moment: float
) -> None:
    held = made(given_rows)

    early = held.kept(held.days < moment)

    assert len(early) == len(held)
    assert np.array_equal(early.people, held.people[held.days < moment])


def test_what_does_not_fit_together_is_refused() -> None:
    starts, items = np.array([0, 2]), np.array([1, 2])
    weights, days = np.ones(2, dtype=np.float32), np.array([1.0, 2.0])

    with pytest.raises(LayoutMismatch, match="as many weights and days"):
        Sequences(starts, items, weights[:1], days)
    with pytest.raises(LayoutMismatch, match="start at 0 and end at 2"):
        Sequences(np.array([0, 1]), items, weights, days)
    with pytest.raises(LayoutMismatch, match="do not overlap"):
        Sequences(np.array([0, 2, 1, 2]), items, weights, days)
    with pytest.raises(LayoutMismatch, match="oldest first"):
        Sequences(starts, items, weights, days[::-1])


@given(given_rows=rows)
def test_a_moment_is_all_that_a_person_did_at_once(
    given_rows: list[tuple[int, int, float]],
) -> None:
    held = made(given_rows)

    first, after = held.moments

    for row in range(len(held.items)):
        at_once = (held.people == held.people[row]) & (held.days == held.days[row])
        assert np.array_equal(np.flatnonzero(at_once), np.arange(first[row], after[row]))
