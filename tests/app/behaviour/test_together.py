from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.behaviour.together import Together, TogetherRules, log_likelihood_ratio, together
from app.behaviour.visits import MOST_MARKS, Visits, joined, visits

ALL = TogetherRules(least_people=1, least_llr=0.0)


def held(baskets: list[list[int]], people: list[int] | None = None, marks: int = 1) -> Visits:
    """Put each list in a basket, each of a person of its own unless told otherwise."""
    whose = list(range(len(baskets))) if people is None else people
    rows = [
        (person, number, item)
        for number, (person, basket) in enumerate(zip(whose, baskets, strict=True))
        for item in basket
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return visits(table[:, 0], table[:, 1], table[:, 2], np.full(len(rows), marks, dtype=np.uint16))


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

    found = together(held(baskets), 5, TogetherRules())

    assert found.of(0).tolist() == [1]
    assert found.of(3).tolist() == [2]
    assert found.of(4).tolist() == []
    assert found.baskets[found.starts[0]] == found.people[found.starts[0]] == 10
    assert found.lift[found.starts[0]] == pytest.approx(10 * 21 / (11 * 10))


def test_what_everybody_buys_goes_with_nothing() -> None:
    baskets = [[0, 1 + place % 5] for place in range(50)]

    found = together(held(baskets), 6, TogetherRules())

    assert found.of(0).tolist() == []


def test_two_rare_items_that_met_once_are_not_significant() -> None:
    baskets = [[0, 1]] + [[2]] * 3

    found = together(held(baskets), 3, TogetherRules(least_people=1))

    assert len(found.others) == 0


def test_what_one_person_does_over_and_over_makes_no_pair() -> None:
    baskets = [[0, 1]] * 20 + [[2, 3]] * 3 + [[4]] * 20
    people = [0] * 20 + [1, 2, 3] + list(range(4, 24))

    found = together(held(baskets, people), 5, TogetherRules(least_people=3))

    assert found.of(0).tolist() == []
    assert found.of(2).tolist() == [3]


def test_a_basket_larger_than_allowed_does_not_count() -> None:
    baskets = [list(range(5))] * 10 + [[5, 6]] * 10

    found = together(held(baskets), 7, TogetherRules(basket_most=4))

    assert found.of(0).tolist() == []
    assert len(found.others) == 0


def test_only_so_many_are_kept_beside_each_the_best_first() -> None:
    baskets = [[0, 1]] * 30 + [[0, 2]] * 20 + [[0, 3]] * 10 + [[4]] * 200

    found = together(held(baskets), 5, TogetherRules(per_item=2))

    assert found.of(0).tolist() == [1, 2]
    assert found.of(3).tolist() == [0]


def test_nothing_goes_together_where_nothing_was_done() -> None:
    found = together(held([]), 3, TogetherRules())

    assert found.starts.tolist() == [0, 0, 0, 0]
    assert len(found.others) == 0


def test_an_item_is_in_a_basket_once_with_all_its_marks() -> None:
    whole = np.zeros(3, dtype=np.int64)

    found = visits(whole, whole, whole + 7, np.array([1, 2, 1 << 15], dtype=np.uint16))

    assert found.items.tolist() == [7]
    assert len(found.marked(0)) == len(found.marked(1)) == len(found.marked(MOST_MARKS - 1)) == 1
    assert len(found.marked(2)) == 0


def counted(baskets: list[list[int]], people: list[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """Count pairs as one would by hand: baskets and different people."""
    shared: dict[tuple[int, int], int] = defaultdict(int)
    whose: dict[tuple[int, int], set[int]] = defaultdict(set)
    for person, basket in zip(people, baskets, strict=True):
        for pair in combinations(sorted(set(basket)), 2):
            shared[pair] += 1
            whose[pair].add(person)
    return {pair: (count, len(whose[pair])) for pair, count in shared.items()}


def pairs(found: Together, items: int) -> dict[tuple[int, int], tuple[int, int]]:
    return {
        (item, int(found.others[place])): (int(found.baskets[place]), int(found.people[place]))
        for item in range(items)
        for place in range(found.starts[item], found.starts[item + 1])
    }


baskets_of_items = st.lists(
    st.tuples(st.integers(0, 4), st.lists(st.integers(0, 6), min_size=1, max_size=5)), max_size=20
)


@given(done=baskets_of_items, at_once=st.integers(1, 12))
def test_pairs_are_counted_exactly_however_few_at_once(
    done: list[tuple[int, list[int]]], at_once: int
) -> None:
    done = sorted(done, key=lambda each: each[0])
    people, baskets = [each[0] for each in done], [each[1] for each in done]
    rules = TogetherRules(least_people=1, least_llr=0.0, at_once=at_once)

    found = pairs(together(held(baskets, people), 7, rules), 7)

    expected = counted(baskets, people)
    single = [sum(item in basket for basket in baskets) for item in range(7)]
    more = {
        pair: each
        for pair, each in expected.items()
        if each[0] * len(baskets) > single[pair[0]] * single[pair[1]]
    }
    assert found == more | {(other, item): each for (item, other), each in more.items()}


@given(done=baskets_of_items)
def test_however_many_are_counted_at_once_the_lists_are_the_same(
    done: list[tuple[int, list[int]]],
) -> None:
    done = sorted(done, key=lambda each: each[0])
    given_ = held([each[1] for each in done], [each[0] for each in done])

    one = together(given_, 7, TogetherRules(least_people=1, least_llr=0.0, per_item=2, at_once=1))

    whole = together(given_, 7, TogetherRules(least_people=1, least_llr=0.0, per_item=2))
    for name in ("starts", "others", "llr", "lift", "baskets", "people"):
        assert np.array_equal(getattr(one, name), getattr(whole, name))


@given(done=baskets_of_items)
def test_together_is_mutual_and_never_with_itself(done: list[tuple[int, list[int]]]) -> None:
    found = together(held([each[1] for each in done]), 7, ALL)

    there = set(pairs(found, 7))
    assert there == {(other, item) for item, other in there}
    assert all(item != other for item, other in there)


def test_parts_that_are_joined_count_as_one() -> None:
    first, second = held([[0, 1]] * 5), held([[0, 1]] * 5)
    later = Visits(second.people + 5, second.baskets + 5, second.items, second.marks)

    found = together(joined([first, later]), 2, ALL)

    assert found.of(0).tolist() == []  # in every basket: no more than chance
    assert len(joined([])) == 0
