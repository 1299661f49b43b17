"""What lists are like besides being right, worked out by hand."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.evaluation.beyond import ALPHA, Background, coverage, gini, of_lists
from app.evaluation.features import categories, described
from app.evaluation.log import Thing
from app.evaluation.metrics import NOTHING, Floats
from tests.app.evaluation.small import log

THINGS = (
    Thing("a", "red mug", categories=("mugs",)),
    Thing("b", "red mug", categories=("mugs",)),
    Thing("c", "blue lamp", categories=("lamps",)),
    Thing("d", "green wok", categories=("pans", "lamps")),
)
TRAIN = log(("p", "a", 1), ("q", "a", 2), ("q", "c", 3), things=THINGS)


def judged(
    ranking: list[list[int]], hits: list[list[bool]], people: list[int]
) -> dict[str, Floats]:
    top = np.array(ranking, dtype=np.int32)
    return dict(of_lists(top, np.array(hits), np.array(people), Background.of(TRAIN), top.shape[1]))


def test_novelty_is_how_rare_the_items_are_in_bits() -> None:
    values = judged([[0, 1], [2, NOTHING]], [[False] * 2] * 2, [0, 1])

    # Item a: touched by 2 of 2; b by none; c by one.
    assert values["novelty"] == pytest.approx([(0 + math.log2(3)) / 2, math.log2(3 / 2)])


def test_lists_of_twins_have_no_diversity_and_of_strangers_all_of_it() -> None:
    values = judged([[0, 1], [0, 2], [0, NOTHING]], [[False] * 2] * 3, [0, 0, 0])

    assert values["diversity"][:2] == pytest.approx([0, 1], abs=1e-6)
    assert np.isnan(values["diversity"][2])


def test_a_hit_is_serendipitous_as_far_as_it_is_unlike_the_past() -> None:
    values = judged([[1, 2], [1, 2]], [[True, False], [False, True]], [0, 0])

    assert values["serendipity"] == pytest.approx([0.0, 0.5], abs=1e-6)


def test_a_list_with_the_categories_of_the_past_is_calibrated() -> None:
    values = judged([[0, 2], [1, NOTHING]], [[False] * 2] * 2, [1, 1])

    # Person q: half mugs, half lamps.
    mugs, lamps = 1 - ALPHA + ALPHA / 2, ALPHA / 2
    wrong = 0.5 * math.log(0.5 / mugs) + 0.5 * math.log(0.5 / lamps)
    assert values["miscalibration"] == pytest.approx([0, wrong], abs=1e-9)


def test_the_share_of_new_items_counts_what_nobody_touched() -> None:
    values = judged([[0, 1], [1, 3]], [[False] * 2] * 2, [0, 0])

    assert values["new_items"].tolist() == [0.5, 1.0]


def test_coverage_counts_each_item_once() -> None:
    ranking = np.array([[0, 1], [1, NOTHING]], dtype=np.int32)

    assert coverage(ranking, 4, 2) == 0.5
    assert coverage(ranking, 4, 1) == 0.5


def test_coverage_is_what_recommenders_answers() -> None:
    answers: dict[str, Any] = json.loads(Path(__file__).with_name("answers.json").read_text())
    lists = [[*mine, *[NOTHING] * (10 - len(mine))] for mine in answers["lists"]]

    mine = coverage(np.array(lists, dtype=np.int32), answers["items"], 10)

    # They divide by the items touched in training.
    trained = len({item for each in answers["before"] for item in each})
    assert mine * answers["items"] / trained == pytest.approx(answers["recommenders"]["coverage"])


def test_gini_is_0_when_all_are_shown_alike_and_near_1_when_one_takes_all() -> None:
    even = np.array([[0, 1], [2, 3]], dtype=np.int32)
    one = np.array([[0], [0], [0]], dtype=np.int32)

    assert gini(even, 4, 2) == 0
    assert gini(one, 100, 1) == pytest.approx(0.99)
    assert math.isnan(gini(np.array([[NOTHING]], dtype=np.int32), 4, 1))


def test_gini_is_half_the_mean_difference_of_exposures_by_their_mean() -> None:
    ranking = np.array([[0, 1, 2], [0, 1, NOTHING], [0, NOTHING, NOTHING]], dtype=np.int32)
    shown = np.array([3, 2, 1, 0])

    gaps = np.abs(shown[:, None] - shown[None]).mean() / (2 * shown.mean())

    assert gini(ranking, 4, 3) == pytest.approx(gaps)


def test_items_nothing_is_known_of_are_like_nothing() -> None:
    table = described((Thing("a"), Thing("b", "red mug")))

    assert table.toarray()[0].tolist() == [0, 0]
    assert np.linalg.norm(table.toarray()[1]) == pytest.approx(1)
    assert categories((Thing("a"),)).toarray().tolist() == [[0]]
