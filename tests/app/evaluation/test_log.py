"""A log says the same whatever order its rows came in."""

import numpy as np
import pytest

from app.evaluation.log import Deed, Log, Thing
from tests.app.evaluation.small import DAY, log


def test_rows_are_oldest_first_and_numbers_follow_names() -> None:
    held = log(("b", "y", 2), ("a", "x", 1), ("a", "y", 3))

    assert held.people == ("a", "b")
    assert [each.item_id for each in held.things] == ["x", "y"]
    assert held.person.tolist() == [0, 1, 0]
    assert held.item.tolist() == [0, 1, 1]
    assert held.when.tolist() == [DAY, 2 * DAY, 3 * DAY]


def test_items_nobody_touched_are_there_and_undescribed_ones_too() -> None:
    held = log(("a", "x", 1), things=(Thing("w", "A wok"),))

    assert held.things == (Thing("w", "A wok"), Thing("x"))
    assert held.popularity().tolist() == [0, 1]


def test_a_person_counts_once_for_an_item_however_often_they_touch_it() -> None:
    held = log(("a", "x", 1), ("a", "x", 2), ("b", "x", 3), ("b", "y", 4))

    assert held.popularity().tolist() == [2, 1]
    assert held.touches().toarray().tolist() == [[1, 0], [1, 1]]


def test_histories_hold_everybodys_rows_oldest_first() -> None:
    held = log(("b", "y", 2), ("a", "x", 1), ("a", "y", 3))

    histories = held.histories()

    assert [histories.of(person).tolist() for person in (0, 1)] == [[0, 2], [1]]


@pytest.mark.parametrize(
    ("kind", "value", "least", "speaks_for"),
    [
        ("view", None, None, True),
        ("hide", None, None, False),
        ("dislike", None, None, False),
        ("rating", 3.0, None, True),
        ("rating", 3.0, 4.0, False),
        ("rating", 4.0, 4.0, True),
        ("view", None, 4.0, True),
    ],
)
def test_what_speaks_against_an_item_is_told_by_kind_and_value(
    kind: str, value: float | None, least: float | None, *, speaks_for: bool
) -> None:
    held = Log.of("one", [Deed("a", "x", kind, value, 0.0)])

    assert held.favourable(least=least).tolist() == [speaks_for]


def test_nothing_makes_an_empty_log() -> None:
    held = Log.of("empty", [])

    assert len(held) == 0
    assert np.array_equal(held.histories().starts, [0])
