"""The arithmetic in docs/explanation/scoring.md is what the program computes."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.recommend.answers import Reason
from app.recommend.behaviour import behaviour_mix
from app.recommend.boosts import boost_difference, freshness_gain
from app.recommend.evidence import KIND_WEIGHTS, EvidenceSettings, kind_weight, likings
from app.recommend.explain import ordered, sentence
from app.recommend.interests import Interest, found_interests
from app.recommend.mix import Voice, unmixed
from app.recommend.question import aspects_of
from app.recommend.relevance import Aspect, Dislike, Part, Question, strength, total
from app.recommend.requests import Boost, Freshness
from app.recommend.settings import DEFAULT_WEIGHTS, InterestSettings
from app.recommend.sources import PastInteraction
from app.recommend.weights import scaled_weights
from embedders.behaviour import SPACE, BehaviourModel
from embedders.decays import Decays
from embedders.layout import Layout
from embedders.spaces import Array, Space
from indexer.filters import Filterable
from tests.docs.pages import DOCS, page

MUG, BOWL, PEN = 1, 2, 3
NAMES = {MUG: "mug", BOWL: "bowl", PEN: "pen"}
WEIGHTS = {"words": 0.6, "looks": 0.4}
LAYOUT = Layout((Space("words", 2), Space("looks", 2)))
SETTINGS = InterestSettings()
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
TEXT = page("explanation/scoring.md")


def joined(*numbers: float) -> Array:
    return np.array(numbers, dtype=np.float32)


VECTORS = {MUG: joined(1, 0, 0.6, 0.8), BOWL: joined(0.6, 0.8, 1, 0), PEN: joined(-0.6, 0.8, 0, -1)}
CUP = joined(0.8, 0.6, 0, 1)
NOTEBOOK = joined(0, 1, 0.6, -0.8)
SAUCER = joined(0.8, 0.6, 0.6, 0.8)


def did(key: int, kind: str, ago: timedelta) -> PastInteraction:
    return PastInteraction(key, NAMES[key], 1, kind, None, NOW - ago)


DONE = [did(MUG, "like", timedelta(0)), did(BOWL, "purchase", timedelta(days=30))]
VIEWED = did(PEN, "view", timedelta(0))


def interests(past: list[PastInteraction]) -> list[Interest]:
    liked = likings(past, EvidenceSettings(), now=NOW).values()
    return found_interests(liked, VECTORS, LAYOUT, WEIGHTS, SETTINGS, most=9)


def question(found: list[Interest]) -> Question:
    return Question(LAYOUT, WEIGHTS, aspects_of(found, SETTINGS))


def score(asked: Question, candidate: Array) -> float:
    return float(asked.scores(candidate[np.newaxis, :])[0][0])


def in_the_text(*numbers: float, places: int = 4) -> bool:
    return all(f"{number:.{places}f}" in TEXT for number in numbers)


def like_the_mug(weights: dict[str, float]) -> tuple[Reason, ...]:
    mix = unmixed(Voice("item", "mug", 1.0, VECTORS[MUG]), LAYOUT)
    assert mix is not None
    asked = Question(LAYOUT, weights, (Aspect(None, 1.0, (Part(mix, 1.0),)),))
    return ordered(asked.reasons(CUP, 0, ()))


def test_the_cup_is_as_like_the_mug_as_the_text_says() -> None:
    reasons = like_the_mug(WEIGHTS)

    assert [(each.space, round(each.amount, 2)) for each in reasons] == [
        ("words", 0.48),
        ("looks", 0.32),
    ]
    assert in_the_text(*(each.amount for each in reasons), total(reasons), places=2)
    picture = (DOCS / "images" / "one-vector.svg").read_text()
    assert all(number in picture for number in ("= 0.48 in words", "= 0.32 in looks", "= 0.80"))


@pytest.mark.parametrize("space", ["words", "looks"])
def test_one_space_alone_gives_the_score_the_text_says(space: str) -> None:
    assert total(like_the_mug({space: 1.0})) == pytest.approx(0.8)


def test_mug_and_bowl_are_the_one_interest_the_text_says() -> None:
    (one,) = interests(DONE)

    assert one.weight == pytest.approx(5.5)
    assert in_the_text(*one.mix.blocks.tolist())
    assert in_the_text(math.hypot(4.5, 2), math.hypot(4.3, 2.4))


def test_her_score_splits_as_the_text_says() -> None:
    reasons = ordered(question(interests(DONE)).reasons(CUP, 0, ()))

    told = {
        (item, space): float(amount)
        for item, space, amount in re.findall(
            r"^(mug|bowl), *(words|looks) .*= (0\.\d{4})$", TEXT, re.MULTILINE
        )
    }
    assert {(each.name, each.space): round(each.amount, 4) for each in reasons} == told
    assert in_the_text(total(reasons))
    spaces = {
        space: math.fsum(each.amount for each in reasons if each.space == space)
        for space in WEIGHTS
    }
    assert in_the_text(*spaces.values())


def test_the_sentence_is_the_one_in_the_text() -> None:
    reasons = ordered(question(interests(DONE)).reasons(CUP, 0, ()))

    said = sentence("vector", reasons)

    # The demo's spaces are called words and looks; a shop's text and image.
    said = said.replace("alike in words", "reads alike").replace("alike in looks", "looks alike")
    assert said.replace("“", "").replace("”", "") in " ".join(TEXT.split())


def test_the_pen_is_an_interest_of_its_own_and_the_best_interest_counts() -> None:
    pottery, pen = interests([*DONE, VIEWED])
    asked = question([pottery, pen])

    alone = [score(question([each]), NOTEBOOK) for each in (pottery, pen)]
    scores, best = asked.scores(NOTEBOOK[np.newaxis, :])

    assert [set(each.kinds) for each in pen.members] == [{"view"}]
    assert in_the_text(alone[0])
    assert alone[1] == pytest.approx(0.8)
    assert in_the_text(float(scores[0]), asked.aspects[1].parts[0].worth)
    assert best.tolist() == [1]
    share = asked.aspects[1].share
    assert share == pytest.approx(1 / 6.5)
    assert math.floor(SETTINGS.balance * share * 7 + 1e-9) == 1
    assert math.floor(SETTINGS.balance * share * 6 + 1e-9) == 0


def test_what_people_did_next_adds_what_the_text_says() -> None:
    layout = Layout((*LAYOUT.spaces, Space(SPACE, 2)))
    none = np.zeros((4, 2), dtype=np.float32)
    halved = Decays(joined(math.log(2)), joined(0), np.ones((1, 2), dtype=np.float32))
    mix = behaviour_mix(
        DONE,
        {BOWL: joined(1, 0), MUG: joined(0, 1)},
        layout,
        BehaviourModel(none, none, halved, 200),
        EvidenceSettings(),
        now=NOW,
        known={},
    )
    assert mix is not None
    one = interests(DONE)[0].mix
    zeros = np.zeros((len(one.rows), 2))
    wider = replace(
        one,
        blocks=np.append(one.blocks, joined(0, 0)),
        rows=np.hstack([one.rows, zeros]),
        coefficients={**one.coefficients, SPACE: zeros[:, 0]},
    )
    weights = scaled_weights({}, {**WEIGHTS, SPACE: DEFAULT_WEIGHTS[SPACE]}, [*WEIGHTS, SPACE])
    asked = Question(layout, weights, (Aspect(None, 1.0, (Part(wider, 1.0), Part(mix, 1.0))),))
    cup = np.append(CUP, joined(0.6, 0.8))

    reasons = asked.reasons(cup, 0, ())

    assert in_the_text(
        *mix.blocks[-2:].tolist(), math.hypot(2.5, 3), weights["looks"], weights[SPACE]
    )
    told = dict(re.findall(r"^(mug|bowl), *behaviour .*= (0\.\d{4})$", TEXT, re.MULTILINE))
    given = {each.name: f"{each.amount:.4f}" for each in reasons if each.space == SPACE}
    assert given == told
    assert in_the_text(math.fsum(each.amount for each in reasons if each.space != SPACE))
    assert in_the_text(total(reasons), score(asked, cup))


def test_a_dislike_costs_what_the_text_says() -> None:
    power = strength(-3.0, most=SETTINGS.dislike_strength, half=SETTINGS.dislike_half)
    saucer = Dislike(Voice("item", "saucer", 3.0, SAUCER), power)
    liked = question(interests(DONE))
    disliked = Question(LAYOUT, WEIGHTS, liked.aspects, (saucer,), SETTINGS.dislike_nearness)

    assert score(liked, CUP) - score(disliked, CUP) == pytest.approx(0.62)


def test_boosts_and_freshness_make_the_difference_the_text_says() -> None:
    cup = Filterable(4, "cup", (), None, True, NOW - timedelta(days=7), {})
    base = score(question(interests(DONE)), CUP)

    difference = boost_difference(Boost(multiply=1.25), cup, base)

    assert in_the_text(difference, base + difference)
    assert freshness_gain(Freshness(timedelta(days=7), 0.2), cup.created_at, NOW) == 0.1


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
