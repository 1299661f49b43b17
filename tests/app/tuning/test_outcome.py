"""What is called better is better on people it was not chosen by, beyond chance."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from app.api.scenario_bodies import ScenarioBody
from app.evaluation.metrics import METRICS, Floats
from app.recommend.profile import Profile
from app.scenarios.rules import chosen, ordered
from app.settings import Settings
from app.tuning import outcome
from app.tuning.dimension import Dimension
from app.tuning.outcome import EVERYBODY, FORM, Found, Skipped, as_json
from app.tuning.segments import BOUNDS, rule
from app.tuning.study import Try
from app.tuning.writing import scenario, scenario_name, settings_file

NEAR = Dimension("interest_nearness", 0, 0.9, 0.3)
TRIES = (
    Try(0, {"interest_nearness": 0.3}, 0.1, 100),
    Try(1, {"interest_nearness": 0.6}, 0.2, 100),
    Try(2, {"interest_nearness": 0.9}, 0.05, 40),
)


def found(name: str = EVERYBODY, changes: Mapping[str, Any] | None = None) -> Found:
    said = {"KINDRED_INTEREST_NEARNESS": "0.6"} if changes is None else changes
    return Found(name, (NEAR,), "ndcg@10", 100, 0.1, TRIES, TRIES[1], said)


def values(mean: float, *, seed: int = 0, spread: float = 0.2) -> dict[str, Floats]:
    random = np.random.default_rng(seed)
    return {name: mean + spread * random.standard_normal(80) for name in METRICS}


def proved(*gaps: float) -> tuple[Found, ...]:
    before = [values(0.3, seed=n) for n in range(len(gaps))]
    noise = [values(0.0, seed=100 + n, spread=0.05) for n in range(len(gaps))]
    after = [
        {name: old[name] + gap + more[name] for name in METRICS}
        for old, gap, more in zip(before, gaps, noise, strict=True)
    ]
    names = [EVERYBODY, *BOUNDS][: len(gaps)]
    return outcome.tested([found(each) for each in names], before, after, k=10, seed=0)


def test_a_gain_beyond_chance_is_surely_better() -> None:
    (mine,) = proved(0.05)

    assert mine.surely_better
    assert mine.main is not None
    assert mine.main.gap.mean == pytest.approx(0.05, abs=0.02)
    assert mine.verdict.startswith("everybody: better, ndcg@10")


@pytest.mark.parametrize("gap", [0.0, -0.05, 0.001])
def test_what_may_be_chance_or_is_worse_is_not_and_what_holds_is_to_be_kept(gap: float) -> None:
    (mine,) = proved(gap)

    assert not mine.surely_better
    assert "not surely better" in mine.verdict
    assert mine.verdict.endswith("keep what holds now")


def test_where_nothing_did_better_there_is_nothing_to_test() -> None:
    mine = found(changes={})

    assert not mine.surely_better
    assert mine.verdict.endswith("better than what holds now; keep that")


def test_chances_are_adjusted_for_there_being_several() -> None:
    alone, several = proved(0.014)[0].main, proved(0.014, 0.0, 0.0)[0].main

    assert alone is not None
    assert several is not None
    assert alone.gap == several.gap
    assert several.adjusted > alone.adjusted


def test_everything_can_be_written_as_json() -> None:
    whole = as_json({"dataset": "small"}, proved(0.05), [Skipped("heavy", 3, 4)])

    assert json.loads(json.dumps(whole)) == whole
    assert whole["form"] == FORM
    (mine,) = whole["found"]
    assert mine["validation"] == {
        "people": 100, "now": 0.1, "best": 0.2, "tries": 3, "given_up": 1,
    }  # fmt: skip
    assert mine["dimensions"][0]["best"] == "0.6"
    assert {each["metric"] for each in mine["test"]} == {f"{name}@10" for name in METRICS}


def test_a_file_of_settings_is_read_as_it_was_tried() -> None:
    text = settings_file(found(), "shop")

    lines = [line for line in text.splitlines() if not line.startswith("#")]
    settings = Settings.from_environment(dict(line.split("=", 1) for line in lines))
    assert settings.interest_nearness == 0.6


@pytest.mark.parametrize("name", [EVERYBODY, *BOUNDS])
def test_a_scenario_can_be_put_as_it_is_written(name: str) -> None:
    mine = found(name, {"diversity": 0.2})

    body = ScenarioBody.model_validate(scenario(mine, "shop"))

    assert body.defaults.diversity == 0.2
    assert (body.rule is None) is (name == EVERYBODY)
    assert scenario_name(mine).startswith("tuned")


def test_the_rules_of_segments_hold_for_everybody_once() -> None:
    bodies = {name: {"when": rule(name), "defaults": {}} for name in BOUNDS}
    rules = {name: ScenarioBody.model_validate(body).rule for name, body in bodies.items()}

    for done, expected in [
        (0, "newcomers"),
        (5, "newcomers"),
        (6, "casual"),
        (50, "casual"),
        (51, "heavy"),
    ]:
        holding = [
            name
            for name, each in rules.items()
            if each
            and chosen(ordered({name: each}), listing="for-you", profile=Profile(interactions=done))
        ]
        assert holding == [expected]
