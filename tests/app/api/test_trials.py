"""Dry runs of scenarios on the running application."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.api.scenario_bodies import ScenarioBody
from app.api.scenario_reading import Book, Scenario
from app.api.trial_bodies import TrialBody
from app.api.trials import Trial, tried
from app.clock import utc_now
from tests.app.running import RunningApp, hashed
from tests.service import until

WORDS = {"mug": "stoneware mug for coffee", "lamp": "brass lamp for reading"}
NO_LAMPS = {"filter": {"not": {"field": "categories", "equals": "lamp"}}}
GOLD = {"field": "attributes.plan", "equals": "gold"}


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Two kinds of three items; Ana, who pays for gold, and Bo looked at a mug."""
    with RunningApp(hashed(tmp_path_factory.mktemp("trials"))) as app:
        items = [
            {"item_id": f"{kind}-{number}", "title": f"{words} {number}", "categories": [kind]}
            for kind, words in WORDS.items()
            for number in range(1, 4)
        ]
        app.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        app.ready()
        looked = [
            {"user_id": user_id, "item_id": "mug-1", "type": "view"} for user_id in ("ana", "bo")
        ]
        app.client.post("/v1/interactions", json=looked)
        app.client.put("/v1/users/ana", json={"attributes": {"plan": "gold"}})
        yield app


def attempt(client: httpx.Client, name: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/v1/scenarios/{name}:try", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def logged(shop: RunningApp, answers: int) -> None:
    """Wait until so many answers are in the log."""
    until(
        lambda: len(shop.services.log.newest(limit=answers + 1)) == answers,
        seconds=10,
        what=f"{answers} answers are logged",
    )


def test_a_draft_is_compared_with_what_is_answered_now(shop: RunningApp) -> None:
    told = attempt(
        shop.client,
        "no-lamps",
        {"draft": {"defaults": NO_LAMPS}, "requests": [{"user_id": "ana"}, {"item_id": "mug-2"}]},
    )

    for_you, similar = told["tried"]
    assert told["version"] is None
    assert told["named"]
    assert for_you["kind"] == "for-you"
    assert len(for_you["before"]) == 5
    assert sorted(for_you["after"]) == ["mug-2", "mug-3"]
    assert {each["item_id"] for each in for_you["went"]} == {"lamp-1", "lamp-2", "lamp-3"}
    assert for_you["overlap"] == pytest.approx(0.4)
    assert for_you["scenario_after"] == {"name": "no-lamps", "version": 0, "chosen_by": "request"}
    assert for_you["scenario_before"] is None
    assert for_you["request"] == {}
    assert similar["kind"] == "similar"
    summary = told["summary"]
    assert (summary["requests"], summary["under_it"], summary["changed"]) == (2, 2, 2)
    assert summary["went"] == 6


def test_recent_requests_are_tried_as_the_people_who_asked(shop: RunningApp) -> None:
    for path in ("/v1/users/ana/for-you", "/v1/users/ana/for-you", "/v1/users/bo/for-you?limit=4"):
        shop.client.get(path)
    logged(shop, 3)

    told = attempt(shop.client, "gold", {"draft": {"when": GOLD, "defaults": NO_LAMPS}})

    assert not told["named"]
    changed = {len(each["before"]): each["before"] != each["after"] for each in told["tried"]}
    # Ana asked the same twice, which is tried once; Bo's plan is not gold.
    assert changed == {5: True, 4: False}
    assert told["summary"]["under_it"] == 1
    assert told["summary"]["changed"] == 1
    assert all(each["shown_at"] for each in told["tried"])
    assert "ana" not in str(told)


def test_what_is_stored_is_compared_with_how_it_would_be_without_it(shop: RunningApp) -> None:
    body = {"when": {"all": []}, "defaults": {"limit": 1}}
    shop.client.put("/v1/scenarios/one", json=body)
    shop.client.get("/v1/users/ana/for-you")
    logged(shop, 1)

    told = attempt(shop.client, "one", {"recent": 5})

    (only,) = told["tried"]
    assert told["version"] == 1
    assert len(only["before"]) == 5
    assert len(only["after"]) == 1
    assert only["scenario_after"]["chosen_by"] == "rule"


def test_a_draft_of_a_stored_one_is_compared_with_what_is_stored(shop: RunningApp) -> None:
    shop.client.put("/v1/scenarios/one", json={"defaults": {"limit": 1}})

    told = attempt(
        shop.client,
        "one",
        {
            "draft": {"defaults": {"limit": 2}},
            "requests": [{"user_id": "bo", "scenario": "one"}],
        },
    )

    (only,) = told["tried"]
    assert (len(only["before"]), len(only["after"])) == (1, 2)
    assert only["scenario_before"]["version"] == 1


def test_exploring_by_chance_is_no_difference_where_nothing_else_is(shop: RunningApp) -> None:
    ask = {"user_id": "ana", "exploration": 1, "limit": 4}

    told = attempt(
        shop.client,
        "quiet",
        {"draft": {"when": GOLD, "for": ["search"], "defaults": NO_LAMPS}, "requests": [ask] * 5},
    )

    assert told["summary"]["changed"] == 0


def test_nothing_of_a_trial_is_kept_logged_or_counted(shop: RunningApp) -> None:
    def counted() -> list[str]:
        lines = shop.client.get("/metrics").text.splitlines()
        names = ("kindred_recommended_items_total", "kindred_scenario_answers")
        return [line for line in lines if line.startswith(names)]

    before = counted()
    attempt(
        shop.client,
        "draft",
        {"draft": {"defaults": {"limit": 1}}, "requests": [{"user_id": "ana"}]},
    )
    shop.client.get("/v1/popular")
    logged(shop, 1)

    assert [each.kind for each in shop.services.log.newest(limit=5)] == ["popular"]
    assert shop.client.get("/v1/scenarios").json() == {"scenarios": []}
    assert len(counted()) > len(before)
    assert not any("for-you" in line for line in counted())


def test_what_cannot_be_asked_again_is_counted(shop: RunningApp) -> None:
    client = shop.client
    client.put("/v1/items/passing", json={"title": "passing mug"}, params={"wait": "searchable"})
    client.get("/v1/users/stranger/for-you")
    client.get("/v1/items/passing/similar")
    event = {"item_id": "mug-1", "type": "view"}
    client.post("/v1/sessions/for-you", json={"interactions": [event]})
    first = client.get("/v1/items/mug-2/similar?limit=2").json()
    client.get("/v1/items/mug-2/similar", params={"next": first["next"]})
    client.delete("/v1/items/passing?wait=searchable")
    logged(shop, 5)

    told = attempt(client, "any", {"draft": {"defaults": {"limit": 1}}, "recent": 10})

    # A second page goes on with the first, and is none of them.
    assert [each["request"].get("item_id") for each in told["tried"]] == ["mug-2"]
    assert told["left_out"] == {"person_unknown": 1, "not_repeatable": 2, "out_of_time": 0}


def test_a_trial_ends_when_its_time_is_over(shop: RunningApp) -> None:
    shop.client.get("/v1/popular")
    logged(shop, 1)
    draft = Scenario.drafted("any", ScenarioBody.model_validate({"defaults": {"limit": 1}}))
    trial = Trial.of(Book({}), draft, drafted=True, named=None)

    found, left_out = tried(
        shop.services, trial, TrialBody(recent=3), now=utc_now(), patience=timedelta(seconds=-1)
    )

    assert found == []
    assert left_out.out_of_time == 3


@pytest.mark.parametrize(
    ("name", "body", "status", "field"),
    [
        ("absent", {}, 404, None),
        ("none", {"draft": {"defaults": {}}}, 422, "path.name"),
        ("x", {"draft": {"defaults": {"limit": 0}}}, 422, "draft.defaults.limit"),
        (
            "x",
            {"draft": {"defaults": {"weights": {"sound": 1}}}},
            422,
            "draft.defaults.weights.sound",
        ),
        ("x", {"requests": [{"user_id": "ana"}], "recent": 3}, 422, "body"),
        ("x", {"requests": [{"next": "abc"}]}, 422, "body"),
        ("x", {"requests": []}, 422, "requests"),
        ("x", {"recent": 101}, 422, "recent"),
        ("x", {"draft": {"defaults": {}}, "requests": [{"item_id": "gone"}]}, 404, None),
    ],
)
def test_a_trial_that_makes_no_sense_is_refused(
    client: httpx.Client, name: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    answer = client.post(f"/v1/scenarios/{name}:try", json=body)

    assert answer.status_code == status, answer.text
    if field is not None:
        assert answer.json()["errors"][0]["field"] == field
