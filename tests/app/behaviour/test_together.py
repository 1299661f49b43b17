import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.behaviour.together import (
    PairCounts,
    TogetherRules,
    log_likelihood_ratio,
    together,
)

ALL = TogetherRules(least_count=1, least_llr=0.0)


def rows(baskets: list[list[int]], first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    owners = [first + place for place, held in enumerate(baskets) for _ in held]
    items = [item for held in baskets for item in held]
    return np.array(owners, dtype=np.int64), np.array(items, dtype=np.int64)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # Worked examples of Dunning's ratio, as in the tests of Apache Mahout.
        ((1, 0, 0, 1), 2.772589),
        ((10, 0, 0, 10), 27.72589),
        ((5, 1995, 0, 100_000), 39.33052),
        ((1000, 1995, 1000, 100_000), 4730.737),
        ((1000, 1000, 1000, 100_000), 5734.343),
        ((1000, 1000, 1000, 99_000), 5714.932),
    ],
)
def test_the_ratio_is_dunnings(table: tuple[int, int, int, int], expected: float) -> None:
    counts = [np.array([cell], dtype=np.int64) for cell in table]

    ratio = log_likelihood_ratio(*counts)

    assert ratio[0] == pytest.approx(expected, rel=1e-6)


def test_items_of_the_same_baskets_go_together_and_others_do_not() -> None:
    baskets = [[0, 1]] * 10 + [[2, 3]] * 10 + [[0, 2]]

    found = together([rows(baskets)], 5, TogetherRules())

    assert found.of(0).tolist() == [1]
    assert found.of(3).tolist() == [2]
    assert found.of(4).tolist() == []
    assert found.baskets[found.starts[0]] == 10


def test_what_everybody_buys_goes_with_nothing() -> None:
    baskets = [[0, 1 + place % 5] for place in range(50)]

    found = together([rows(baskets)], 6, TogetherRules())

    assert found.of(0).tolist() == []


def test_two_rare_items_that_met_once_are_not_significant() -> None:
    baskets = [[0, 1]] + [[2]] * 3

    found = together([rows(baskets)], 3, TogetherRules(least_count=1))

    assert len(found.others) == 0


def test_a_basket_larger_than_allowed_does_not_count() -> None:
    baskets = [list(range(5))] * 10 + [[5, 6]] * 10

    found = together([rows(baskets)], 7, TogetherRules(basket_most=4))

    assert found.of(0).tolist() == []
    assert len(found.others) == 0


def test_only_so_many_are_kept_beside_each_the_best_first() -> None:
    baskets = [[0, 1]] * 30 + [[0, 2]] * 20 + [[0, 3]] * 10 + [[4]] * 200

    found = together([rows(baskets)], 5, TogetherRules(per_item=2))

    assert found.of(0).tolist() == [1, 2]


def test_when_memory_is_short_rare_pairs_are_forgotten_first() -> None:
    baskets = [[0, 1]] * 5 + [[2, 3], [4, 5], [6, 7]] + [[8]] * 50

    found = together([rows(baskets)], 9, TogetherRules(1_000, 1, 0.0, 10, pairs_most=1))

    assert found.of(0).tolist() == [1]
    assert found.of(2).tolist() == []


baskets_of_items = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=5), max_size=20)


@given(first=baskets_of_items, second=baskets_of_items)
def test_a_stream_counts_as_one_batch_does(first: list[list[int]], second: list[list[int]]) -> None:
    streamed = PairCounts(7, ALL)
    for part in (first, second):
        streamed.add(*rows(part))

    at_once = together([rows(first + second)], 7, ALL)

    for name in ("starts", "others", "llr", "baskets"):
        assert np.array_equal(getattr(streamed.together(), name), getattr(at_once, name))


@given(baskets=baskets_of_items)
def test_together_is_mutual_and_never_with_itself(baskets: list[list[int]]) -> None:
    found = together([rows(baskets)], 7, ALL)

    pairs = {(item, other) for item in range(7) for other in found.of(item).tolist()}
    assert pairs == {(other, item) for item, other in pairs}
    assert all(item != other for item, other in pairs)
