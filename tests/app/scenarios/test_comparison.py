"""How one list differs from another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scenarios.comparison import compared

lists = st.lists(st.sampled_from("abcdefgh"), unique=True)


def test_what_came_went_and_moved_is_told_with_its_places() -> None:
    difference = compared(["a", "b", "c", "d"], ["x", "b", "a", "d"])

    assert difference.came == {"x": 1}
    assert difference.went == {"c": 3}
    assert difference.moved == {"b": (2, 2), "a": (1, 3)}
    assert difference.overlap == 0.75
    assert difference.rank_correlation == pytest.approx(0.5)


def test_making_room_is_no_move() -> None:
    difference = compared(["a", "b", "c"], ["x", "a", "b"])

    assert difference.moved == {}
    assert difference.rank_correlation == 1


def test_turned_around_is_as_unlike_in_rank_as_can_be() -> None:
    assert compared(list("abcd"), list("dcba")).rank_correlation == -1


def test_lists_with_nothing_to_compare_have_no_rank_correlation() -> None:
    assert compared(["a"], ["a"]).rank_correlation is None
    assert compared([], ["a"]).overlap == 0
    assert compared([], []).overlap == 1


@given(lists)
def test_a_list_does_not_differ_from_itself(items: list[str]) -> None:
    difference = compared(items, items)

    assert not difference.changed
    assert difference.overlap == 1


@given(lists, lists)
def test_the_way_back_is_the_way_there_turned_around(one: list[str], other: list[str]) -> None:
    there, back = compared(one, other), compared(other, one)

    assert there.came == back.went
    assert there.went == back.came
    assert there.moved == {name: (new, old) for name, (old, new) in back.moved.items()}
    assert there.overlap == back.overlap
    assert there.rank_correlation == back.rank_correlation
    assert there.changed is (one != other)
    if there.rank_correlation is not None:
        assert -1 - 1e-9 <= there.rank_correlation <= 1


@given(lists, lists)
def test_what_did_not_go_and_what_came_make_the_new_list(one: list[str], other: list[str]) -> None:
    difference = compared(one, other)

    assert {*one} - {*difference.went} | {*difference.came} == {*other}
