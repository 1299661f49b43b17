"""The arithmetic in docs/explanation/scoring.md is what the program computes."""

import math
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.recommend.evidence import KIND_WEIGHTS, EvidenceSettings, affinities, kind_weight
from app.recommend.explain import for_you_reasons, score_of, similar_reasons
from app.recommend.interests import Interest, interest_of
from app.recommend.sources import PastInteraction
from embedders.layout import Layout
from embedders.spaces import Array, Space
from tests.docs.pages import DOCS, page

NAMES = {1: "mug", 2: "bowl"}
WEIGHTS = {"words": 0.6, "looks": 0.4}
MUG, BOWL = 1, 2
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
TEXT = page("explanation/scoring.md")


def joined(*numbers: float) -> Array:
    return np.array(numbers, dtype=np.float32)


VECTORS = {MUG: joined(1, 0, 0.6, 0.8), BOWL: joined(0, 1, 1, 0)}
CUP = joined(0.8, 0.6, 0, 1)


@pytest.fixture
def layout() -> Layout:
    return Layout((Space("words", 2), Space("looks", 2)))


@pytest.fixture
def interest(layout: Layout) -> Interest:
    past = [did(MUG, "like", timedelta(0)), did(BOWL, "purchase", timedelta(days=30))]
    found = interest_of(affinities(past, EvidenceSettings(), now=NOW), VECTORS, layout)
    assert found is not None
    return found


def did(key: int, kind: str, ago: timedelta) -> PastInteraction:
    return PastInteraction(key, NAMES[key], 1, kind, None, NOW - ago)


def in_the_text(*numbers: float, places: int = 4) -> bool:
    return all(f"{number:.{places}f}" in TEXT for number in numbers)


def test_the_cup_is_as_like_the_mug_as_the_text_says(layout: Layout) -> None:
    reasons = similar_reasons("mug", VECTORS[MUG], WEIGHTS, CUP, predicted=(), layout=layout)

    assert [(each.space, round(each.amount, 2)) for each in reasons] == [
        ("words", 0.48),
        ("looks", 0.32),
    ]
    assert in_the_text(*(each.amount for each in reasons), score_of(reasons), places=2)
    picture = (DOCS / "images" / "one-vector.svg").read_text()
    assert all(number in picture for number in ("= 0.48 in words", "= 0.32 in looks", "= 0.80"))


@pytest.mark.parametrize("space", ["words", "looks"])
def test_one_space_alone_gives_the_score_the_text_says(space: str, layout: Layout) -> None:
    reasons = similar_reasons("mug", VECTORS[MUG], {space: 1.0}, CUP, predicted=(), layout=layout)

    assert score_of(reasons) == pytest.approx(0.8)


def test_what_ada_likes_is_what_the_text_says(interest: Interest) -> None:
    assert in_the_text(*interest.blocks.tolist())
    assert in_the_text(math.hypot(3, 2.5), math.hypot(4.3, 2.4))


def test_her_score_splits_as_the_text_says(interest: Interest, layout: Layout) -> None:
    reasons = for_you_reasons(interest, NAMES, WEIGHTS, CUP, predicted=(), layout=layout)

    told = {
        (item, space): float(amount)
        for item, space, amount in re.findall(
            r"^(mug|bowl), *(words|looks) .*= (0\.\d{4})$", TEXT, re.MULTILINE
        )
    }
    assert {(each.item_id, each.space): round(each.amount, 4) for each in reasons} == told
    assert in_the_text(score_of(reasons))
    spaces = {
        space: math.fsum(each.amount for each in reasons if each.space == space)
        for space in WEIGHTS
    }
    assert in_the_text(*spaces.values())
    mug = math.fsum(each.amount for each in reasons if each.item_id == "mug")
    assert in_the_text(mug, score_of(reasons) - mug, places=2)


def test_kinds_weigh_what_the_text_says() -> None:
    rows = dict(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (\u2212?[\d.]+) \|", TEXT, re.MULTILINE))
    told = {
        name: float(weight.replace("\u2212", "-"))
        for names, weight in rows.items()
        for name in re.findall(r"\w+", names)
    }
    settings = EvidenceSettings()

    assert told == dict(KIND_WEIGHTS)
    assert kind_weight("rating", 5, settings) == 4
    assert kind_weight("rating", 1, settings) == -4
    assert kind_weight("dwell", 60, settings) == 1.5
    assert kind_weight("dwell", 1e9, settings) < 3
