"""Figures of a list, against answers by hand."""

import math

import numpy as np
import pytest

from bench.interests.measures import MOST_CATEGORIES, alike, leading, ndcg, recall, shown
from bench.interests.sampling import interval, per_person


def test_ndcg_is_what_it_comes_to_by_hand() -> None:
    listed, wanted = [7, 1, 9, 2], {1, 2, 3}

    gained = 1 / math.log2(3) + 1 / math.log2(5)
    best = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(listed, wanted) == pytest.approx(gained / best)


def test_a_list_of_nothing_but_wanted_items_is_perfect_however_many_more_are_wanted() -> None:
    assert ndcg(range(10), range(50)) == pytest.approx(1)
    assert ndcg([3], {3}) == 1


def test_what_stands_beyond_the_tenth_place_does_not_count() -> None:
    assert ndcg([*range(10), 77], {77}) == 0
    assert recall([*range(10), 77], {77}) == 0


def test_recall_is_the_share_of_what_was_wanted() -> None:
    assert recall([1, 2, 3], {2, 3, 4, 5}) == 0.5


def test_the_categories_of_a_person_are_those_they_touched_most() -> None:
    few = [[f"c{number}"] for number in range(MOST_CATEGORIES)]

    held = leading([["zebra"], ["zebra"], *few])

    assert len(held) == MOST_CATEGORIES
    assert "zebra" in held
    assert f"c{MOST_CATEGORIES - 1}" not in held


def test_a_category_is_covered_once_however_often_it_is_shown() -> None:
    assert shown([["a", "b"], ["a"], ["x"]], {"a", "c", "d", "b"}) == 0.5
    assert shown([["a"]], frozenset()) == 0


def test_a_list_is_as_alike_as_its_pairs_are_on_average() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)

    assert alike(vectors) == pytest.approx(1 / 3)
    assert alike(vectors[:1]) == 0


def test_a_person_counts_once_however_many_occasions_they_have() -> None:
    values = np.array([1.0, 0.0, 0.5, 0.5])

    assert per_person(values, [4, 4, 9, 9]).tolist() == [0.5, 0.5]


def test_an_interval_of_people_who_all_agree_is_a_point() -> None:
    held = interval(np.full(20, 0.25))

    assert (held.mean, held.low, held.high) == pytest.approx((0.25, 0.25, 0.25))
    assert held.sure


def test_an_interval_is_about_two_standard_errors_wide_on_either_side() -> None:
    values = np.random.default_rng(1).normal(0.1, 1.0, 400)

    held = interval(values)

    assert held.mean == pytest.approx(values.mean())
    assert held.high - held.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert not held.sure
