import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedders.behaviour_exam import PLACES
from embedders.behaviour_lists import COST, LENGTHS, Lists, fair_length
from embedders.spaces import Array, Mask


def lists(scores: Array, answers: list[int], new: Mask) -> Lists:
    """Sum up whole lists: scores of shape (q, items), and which of the items are new."""
    answered = np.array(answers)

    def best(among: Mask) -> Array:
        found = np.full((len(scores), PLACES), -np.inf, dtype=np.float32)
        held = -np.sort(-scores[:, among], axis=1)[:, :PLACES]
        found[:, : held.shape[1]] = held
        return found

    rows = np.arange(len(scores))
    return Lists(rows, scores[rows, answered], new[answered], best(~new), best(new))


def drawn(seed: int, questions: int, items: int, news: int) -> tuple[Array, list[int], Mask]:
    random = np.random.default_rng(seed)
    scores = random.normal(size=(questions, items)).astype(np.float32)
    new = np.arange(items) < news
    return scores, random.integers(items, size=questions).tolist(), new


def told(new_scores: float, wanted: int) -> Lists:
    """Ask 200 times among 60 known items and 60 new ones that score less or more; want new ones."""
    random = np.random.default_rng(0)
    scores = random.uniform(0.5, 1.0, size=(200, 120)).astype(np.float32)
    scores[:, 60:] *= new_scores
    answers = [60 + each % 60 if each < wanted else each % 60 for each in range(200)]
    scores[np.arange(200), answers] *= 1.2
    return lists(scores, answers, np.arange(120) >= 60)


@given(st.integers(0, 10_000), st.integers(2, 40), st.sampled_from(LENGTHS))
def test_what_lists_come_down_to_marks_and_shows_as_the_whole_lists_do(
    seed: int, items: int, length: float
) -> None:
    scores, answers, new = drawn(seed, 8, items, items // 2)

    held = lists(scores, answers, new)

    whole = np.where(new, np.float32(length) * scores, scores)
    right = whole[np.arange(8), answers][:, None]
    ranks = (whole > right).sum(axis=1)
    order = np.argsort(-whole, axis=1)[:, :PLACES]
    assert held.gains(length) == pytest.approx(
        np.where(ranks < PLACES, 1 / np.log2(ranks + 2.0), 0.0), abs=1e-6
    )
    assert held.shown(length) == pytest.approx(new[order].sum() / (8 * PLACES))


def test_new_items_that_are_wanted_more_than_they_are_shown_get_longer_vectors() -> None:
    found = told(new_scores=0.8, wanted=100)

    length = fair_length(found)

    assert length > 1
    assert found.shown() < found.shown(length) <= 0.5


def test_a_catalogue_full_of_what_nobody_wants_gives_up_places() -> None:
    found = told(new_scores=1.1, wanted=60)

    length = fair_length(found)

    assert length < 1
    assert found.shown(length) <= 0.3 < found.shown()


def test_too_few_new_answers_leave_the_length_as_it_is() -> None:
    assert fair_length(told(new_scores=0.8, wanted=20)) == 1.0


@given(st.integers(0, 10_000))
def test_no_length_is_chosen_that_costs_lists_more_than_may_be(seed: int) -> None:
    found = lists(*drawn(seed, 120, 30, 20))

    length = fair_length(found)

    assert found.gains(length).mean() >= (1 - COST) * found.gains().mean() - 1e-6


def test_some_of_the_lists_are_those_of_the_rows() -> None:
    found = lists(*drawn(0, 6, 20, 10))

    kept = found.some(np.array([1, 4]))

    assert kept.rows.tolist() == [1, 4]
    assert kept.gains().tolist() == found.gains()[[1, 4]].tolist()
