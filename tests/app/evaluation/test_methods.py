"""Lists are what scores say, ties included; nothing barred is in them; short ones are filled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.methods import alone, last_items, profiles, ranked, top
from app.evaluation.metrics import NOTHING, Ints
from app.evaluation.splits import Questions, leave_last_out, questions
from tests.app.evaluation.small import log


def asked(*, repeats: bool = False) -> Questions:
    deeds = [("p", "a", 1), ("p", "b", 2), ("p", "c", 2), ("p", "a", 3), ("p", "e", 9)]
    whole = log(*deeds, ("q", "d", 1), ("q", "d", 2), ("q", "b", 4), ("r", "c", 1))
    return questions(whole, leave_last_out, repeats=repeats)


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 1.0, 2.0, -np.inf]), min_size=6, max_size=6), min_size=1
    ),
    st.integers(1, 8),
)
def test_the_best_are_taken_and_ties_end_in_the_number(rows: list[list[float]], k: int) -> None:
    ranking = top(np.array(rows), k)

    for mine, scores in zip(ranking.tolist(), rows, strict=True):
        order = sorted(range(6), key=lambda item: (-scores[item], item))
        wanted = [item for item in order if scores[item] > -np.inf][:k]
        assert mine == wanted + [NOTHING] * (k - len(wanted))


def test_what_a_person_touched_is_not_in_their_list_unless_repeats_are_asked_for() -> None:
    def scores(places: Ints) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return np.tile(np.arange(5.0), (places.size, 1))

    fresh = ranked(asked(), scores, 5, filled=False)
    any_of_them = ranked(asked(repeats=True), scores, 5)

    assert fresh.tolist() == [[4, 3, -1, -1, -1], [4, 2, 1, 0, -1]]
    assert any_of_them[0].tolist() == [4, 3, 2, 1, 0]


def test_places_left_are_filled_with_the_most_popular_not_yet_there() -> None:
    def scores(places: Ints) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        rows = np.full((places.size, 5), -np.inf)
        rows[:, 4] = 1
        return rows

    filled = ranked(asked(), scores, 4)

    # Liked in training: c by two, a, b and d by one each.
    assert filled.tolist() == [[4, 3, -1, -1], [4, 2, 0, 1]]


def test_a_profile_counts_each_item_once_by_its_newest_interaction() -> None:
    rows = profiles(asked(), half=1).toarray()

    # p: b and c at one moment, then a again.
    assert rows[0].tolist() == [1.0, 0.5, 0.5, 0, 0]
    assert profiles(asked()).toarray()[0].tolist() == [1, 1, 1, 0, 0]


def test_the_last_item_is_the_newest_and_people_without_one_have_none() -> None:
    whole = log(("p", "a", 1), ("p", "b", 2), ("p", "c", 3), ("q", "a", 9), ("q", "b", 10))
    one = questions(whole, lambda held: held.when >= 86_400 * 3)

    assert last_items(one).tolist() == [1, NOTHING]
    assert alone(last_items(one), 3).toarray().tolist() == [[0, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize("k", [1, 20])
def test_lists_may_be_longer_than_the_catalogue(k: int) -> None:
    ranking = ranked(asked(), lambda places: np.ones((places.size, 5)), k)

    assert ranking.shape == (2, k)
