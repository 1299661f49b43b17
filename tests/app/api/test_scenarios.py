"""Scenarios on the running application."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import httpx
import pytest

from app.api.scenario_bodies import EXAMPLE
from app.clock import utc_now
from app.scenarios.store import ScenarioStore
from app.services import Services
from indexer.database import Database
from indexer.memory import MemoryStore
from tests.app.running import RunningApp, hashed
from tests.service import until
from tests.threads import together

WORDS = {"mug": "stoneware mug for coffee", "lamp": "brass lamp for reading"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Two kinds of four items; Ana, who pays for gold, looked at a mug."""
    with RunningApp(hashed(tmp_path_factory.mktemp("scenarios"))) as app:
        items = [
            {
                "item_id": f"{kind}-{number}",
                "title": f"{words} {number}",
                "categories": [kind],
                "price": 10.0 * number,
            }
            for kind, words in WORDS.items()
            for number in range(1, 5)
        ]
        app.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        app.ready()
        app.client.post(
            "/v1/interactions", json=[{"user_id": "ana", "item_id": "mug-1", "type": "view"}]
        )
        answer = app.client.put("/v1/users/ana", json={"attributes": {"plan": "gold"}})
        assert answer.is_success, answer.text
        yield app


@pytest.fixture
def client(shop: RunningApp) -> Iterator[httpx.Client]:
    """Calls the shop; what scenarios a test leaves are deleted."""
    yield shop.client
    for each in shop.client.get("/v1/scenarios").json()["scenarios"]:
        shop.client.delete(f"/v1/scenarios/{each['name']}")


def put(client: httpx.Client, name: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = client.put(f"/v1/scenarios/{name}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    written: dict[str, Any] = answer.json()
    return written


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()["items"]]


def metric(client: httpx.Client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name + "{"))


def test_what_was_written_is_read_with_its_version_as_etag(client: httpx.Client) -> None:
    written = put(client, "december", EXAMPLE)

    answer = client.get("/v1/scenarios/december")

    assert answer.json() == written
    assert written["body"] == EXAMPLE
    assert written["author"] is None
    assert answer.headers["ETag"] == f'"{written["version"]}"'
    (listed,) = client.get("/v1/scenarios").json()["scenarios"]
    assert listed["name"] == "december"
    assert listed["by_rule"]
    assert listed["description"] == EXAMPLE["description"]


def test_an_older_version_is_gone_back_to_by_writing_its_body(client: httpx.Client) -> None:
    first = put(client, "back", {"defaults": {"limit": 1}})
    put(client, "back", {"defaults": {"limit": 2}})

    old = client.get("/v1/scenarios/back", params={"version": first["version"]}).json()
    again = put(client, "back", old["body"])

    assert again["version"] == 3
    assert len(ids(client.get("/v1/users/ana/for-you?scenario=back"))) == 1
    versions = client.get("/v1/scenarios/back/versions").json()["versions"]
    assert [each["version"] for each in versions] == [3, 2, 1]


@pytest.mark.parametrize(
    ("headers", "params"),
    [
        ({"If-Match": '"7"'}, {}),
        ({}, {"version": 7}),
        ({"If-None-Match": "*"}, {}),
        ({}, {"version": 0}),
    ],
)
def test_a_write_of_another_version_than_expected_is_refused(
    client: httpx.Client, headers: dict[str, str], params: dict[str, int]
) -> None:
    at = put(client, "guarded", {"defaults": {"limit": 1}})["version"]

    body = {"defaults": {"limit": 2}}
    writing = client.put("/v1/scenarios/guarded", json=body, headers=headers, params=params)
    deleting = client.delete("/v1/scenarios/guarded", headers=headers, params=params)

    for answer in (writing, deleting):
        assert answer.status_code == 412
        assert answer.json()["type"] == "urn:kindred:problem:precondition-failed"
        assert answer.json()["version"] == at
    assert client.get("/v1/scenarios/guarded").json()["version"] == at


def test_a_write_of_the_version_expected_is_done(client: httpx.Client) -> None:
    made = client.put(
        "/v1/scenarios/chain", json={"defaults": {"limit": 1}}, headers={"If-None-Match": "*"}
    )
    changed = client.put(
        "/v1/scenarios/chain",
        json={"defaults": {"limit": 2}},
        headers={"If-Match": made.headers["ETag"]},
    )
    deleted = client.delete("/v1/scenarios/chain", params={"version": changed.json()["version"]})

    assert made.status_code == changed.status_code == 200
    assert deleted.status_code == 204


@pytest.mark.parametrize(
    "headers", [{"If-Match": "3"}, {"If-Match": 'W/"3"'}, {"If-None-Match": '"3"'}]
)
def test_a_precondition_that_cannot_be_read_is_refused(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.put("/v1/scenarios/x", json={"defaults": {}}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(headers))


def test_of_two_who_write_the_same_version_at_once_one_is_refused(client: httpx.Client) -> None:
    version = put(client, "raced", {"defaults": {"limit": 1}})["version"]

    def write(limit: int) -> int:
        body = {"defaults": {"limit": limit}}
        headers = {"If-Match": f'"{version}"'}
        return client.put("/v1/scenarios/raced", json=body, headers=headers).status_code

    statuses = together(*(partial(write, limit) for limit in (2, 3)))

    assert sorted(statuses) == [200, 412]


def test_a_deleted_scenario_says_so_and_its_versions_remain(client: httpx.Client) -> None:
    put(client, "over", {"defaults": {"limit": 1}, "description": "Last year's"})

    assert client.delete("/v1/scenarios/over").status_code == 204

    gone = client.get("/v1/scenarios/over")
    assert gone.status_code == 410
    assert "/v1/scenarios/over/versions" in gone.json()["detail"]
    newest, first = client.get("/v1/scenarios/over/versions").json()["versions"]
    assert (newest["deleted"], first["deleted"]) == (True, False)
    assert first["description"] == "Last year's"
    old = client.get("/v1/scenarios/over", params={"version": first["version"]})
    assert old.json()["body"]["defaults"] == {"limit": 1}
    assert client.delete("/v1/scenarios/over").status_code == 404
    assert client.get("/v1/users/ana/for-you?scenario=over").status_code == 404


def test_nothing_by_the_name_says_where_to_look(client: httpx.Client) -> None:
    put(client, "there", {"defaults": {}})

    for path in ("/v1/scenarios/nowhere", "/v1/scenarios/nowhere/versions"):
        assert client.get(path).status_code == 404
    answer = client.get("/v1/scenarios/there?version=99")
    assert answer.status_code == 404
    assert "no version 99" in answer.json()["detail"]
    named = client.get("/v1/users/ana/for-you?scenario=nowhere")
    assert named.status_code == 404
    assert "there are there" in named.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "defaults"),
        ({"defaults": {"limit": 0}}, "defaults.limit"),
        ({"defaults": {"user_id": "ana"}}, "defaults.user_id"),
        ({"defaults": {"filter": {"field": "colour", "equals": 1}}}, "defaults.filter"),
        ({"defaults": {"weights": {"sound": 1}}}, "defaults.weights.sound"),
        ({"defaults": {"weights": {"text": 0}}}, "defaults.weights"),
        ({"defaults": {"boosts": [{"multiply": 2, "add": 1}]}}, "defaults.boosts.0"),
        ({"defaults": {}, "when": {"field": "price", "lt": 3}}, "when"),
        ({"defaults": {}, "when": {"all": []}, "for": ["home"]}, "for.0"),
        ({"defaults": {}, "when": {"all": []}, "for": []}, "for"),
        ({"defaults": {}, "priority": 3}, "body"),
        ({"defaults": {}, "lists": ["search"], "when": {"all": []}}, "lists"),
        ({"defaults": {}, "name": "x"}, "name"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_with_its_place(
    client: httpx.Client, body: dict[str, Any], field: str
) -> None:
    answer = client.put("/v1/scenarios/broken", json=body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert client.get("/v1/scenarios/broken").status_code == 404


@pytest.mark.parametrize("name", ["none", "UPPER", "-x", "x" * 65, "a b", "ä"])
def test_a_name_that_cannot_be_used_is_refused(client: httpx.Client, name: str) -> None:
    assert client.put(f"/v1/scenarios/{name}", json={"defaults": {}}).status_code == 422


def test_a_named_scenario_gives_what_the_request_leaves_out(client: httpx.Client) -> None:
    body = {"defaults": {"limit": 2, "filter": {"field": "categories", "equals": "lamp"}}}
    put(client, "lamps", body)

    asked = {
        "for-you": client.get("/v1/users/ana/for-you?scenario=lamps"),
        "similar": client.get("/v1/items/mug-1/similar?scenario=lamps"),
        "popular": client.get("/v1/popular?scenario=lamps&available=any"),
        "body": client.post("/v1/recommendations", json={"user_id": "ana", "scenario": "lamps"}),
        "more": client.get("/v1/users/ana/for-you?scenario=lamps&limit=3"),
        "session": client.post(
            "/v1/sessions/for-you",
            json={"interactions": [{"item_id": "mug-2", "type": "view"}], "scenario": "lamps"},
        ),
    }

    for name, answer in asked.items():
        found = ids(answer)
        assert all(each.startswith("lamp-") for each in found), name
        if name != "popular":
            assert len(found) == (3 if name == "more" else 2), name
        applied = answer.json()["scenario"]
        assert applied == {"name": "lamps", "version": 1, "chosen_by": "request"}, name


def test_a_scenario_says_which_fields_are_shown_unless_the_request_does(
    client: httpx.Client,
) -> None:
    put(client, "priced", {"defaults": {"fields": ["price"], "limit": 1}})

    by_scenario = client.get("/v1/users/ana/for-you?scenario=priced").json()["items"][0]
    by_request = client.get("/v1/users/ana/for-you?scenario=priced&fields=title").json()["items"][0]

    assert "price" in by_scenario
    assert "title" not in by_scenario
    assert "title" in by_request
    assert "price" not in by_request


def test_a_search_is_answered_under_a_scenario(client: httpx.Client) -> None:
    put(client, "found", {"when": {"all": []}, "for": ["search"], "defaults": {"limit": 1}})

    answer = client.get("/v1/search?q=brass+lamp")

    assert len(ids(answer)) == 1
    assert answer.json()["scenario"]["chosen_by"] == "rule"
    assert len(ids(client.get("/v1/users/ana/for-you"))) == 7


def test_which_scenario_applied_is_logged(shop: RunningApp, client: httpx.Client) -> None:
    put(client, "kept", {"defaults": {"limit": 1}})

    client.get("/v1/users/ana/for-you?scenario=kept")

    def newest() -> Mapping[str, object]:
        return shop.services.log.newest(limit=1)[0].request

    until(lambda: newest().get("scenario") == "kept", seconds=10, what="the answer is logged")
    assert newest()["applied"] == {"name": "kept", "version": 1}


def test_a_rule_on_the_person_chooses_and_none_declines(client: httpx.Client) -> None:
    when = {"field": "attributes.plan", "equals": "gold"}
    put(client, "gold", {"when": when, "for": ["for-you"], "defaults": {"limit": 1}})

    assert len(ids(client.get("/v1/users/ana/for-you"))) == 1
    assert len(ids(client.get("/v1/users/bo/for-you"))) == 8
    assert len(ids(client.get("/v1/users/ana/for-you?scenario=none"))) == 7
    assert len(ids(client.get("/v1/items/mug-1/similar?user_id=ana"))) == 7
    applied = client.get("/v1/users/ana/for-you").json()["scenario"]
    assert applied == {"name": "gold", "version": 1, "chosen_by": "rule"}


def test_an_answer_goes_on_under_its_scenario_even_when_that_is_deleted(
    client: httpx.Client,
) -> None:
    put(client, "paged", {"defaults": {"limit": 2, "pins": [{"item_id": "lamp-4", "position": 1}]}})
    first = client.get("/v1/users/ana/for-you?scenario=paged")

    token = first.json()["next"]
    second = client.get("/v1/users/ana/for-you", params={"next": token})
    client.delete("/v1/scenarios/paged")
    third = client.get("/v1/users/ana/for-you", params={"next": second.json()["next"]})

    assert ids(first)[0] == "lamp-4"
    assert len(ids(second)) == 2
    assert "scenario" not in third.json()
    shown = ids(first) + ids(second) + ids(third)
    assert len(shown) == len(set(shown)) == 7


def test_what_applied_is_counted(client: httpx.Client) -> None:
    put(client, "counted", {"defaults": {"limit": 2}})
    before = metric(client, "kindred_scenario_answers_total")

    client.get("/v1/users/ana/for-you?scenario=counted")

    assert metric(client, "kindred_scenario_answers_total") == before + 1


def test_a_scenario_may_weigh_behaviour_before_anything_was_learned(client: httpx.Client) -> None:
    put(client, "followers", {"defaults": {"weights": {"behaviour": 1.0}, "limit": 2}})

    answer = client.get("/v1/users/ana/for-you?scenario=followers")

    assert len(ids(answer)) == 2
    assert "left_out" not in answer.json()["scenario"]


def test_a_scenario_that_weighs_a_space_that_is_gone_still_answers_and_says_so(
    shop: RunningApp, client: httpx.Client
) -> None:
    body = {"defaults": {"weights": {"sound": 1.0}, "limit": 2}}
    # As it was written while there was an index with that space.
    shop.services.scenarios.put("sounds", body, author=None, now=utc_now())
    shop.services.live_scenarios.refresh()
    before = metric(client, "kindred_scenario_answers_without_part_total")

    answer = client.get("/v1/users/ana/for-you?scenario=sounds")

    assert len(ids(answer)) == 2
    assert answer.json()["scenario"]["left_out"] == ["defaults.weights.sound"]
    assert metric(client, "kindred_scenario_answers_without_part_total") == before + 1


def at(services: Services, name: str) -> int | None:
    """At which version these services hold a scenario."""
    held = services.live_scenarios.held.scenarios.get(name)
    return None if held is None else held.version


def test_a_scenario_that_was_just_written_elsewhere_can_be_named_at_once(
    shop: RunningApp, client: httpx.Client
) -> None:
    elsewhere = ScenarioStore(Database(shop.services.settings.database_url))
    for number in range(5):
        name = f"new-{number}"
        elsewhere.put(name, {"defaults": {"limit": 1}}, author=None, now=utc_now())

        assert len(ids(client.get(f"/v1/users/ana/for-you?scenario={name}"))) == 1


def test_another_replica_sees_a_change_within_a_second(
    shop: RunningApp, client: httpx.Client
) -> None:
    other = Services(shop.services.settings, clock=utc_now, store=MemoryStore())
    other.start(work=False)
    try:
        put(client, "shared", {"defaults": {"limit": 3}})
        put(client, "shared", {"defaults": {"limit": 4}})

        until(
            lambda: at(other, "shared") == 2,
            seconds=1,
            what="the other replica sees it",
        )
    finally:
        other.stop()


def test_scenarios_are_written_with_admin_and_read_with_read(
    serve: Callable[..., RunningApp],
) -> None:
    scopes = {"reader": "read", "writer": "read+write", "boss": "admin"}
    keys = ",".join(
        f"{name}:{scope}:{hashlib.sha256(name.encode()).hexdigest()}"
        for name, scope in scopes.items()
    )
    client = serve(api_keys=keys, worker="none").client

    def put_with(key: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return client.put("/v1/scenarios/x", json={"defaults": {}}, headers=headers)

    assert put_with("writer").status_code == 403
    assert put_with("boss").json()["author"] == "boss"
    reading = client.get("/v1/scenarios/x", headers={"Authorization": "Bearer reader"})
    assert reading.status_code == 200
    trying = client.post("/v1/scenarios/x:try", headers={"Authorization": "Bearer writer"})
    assert trying.status_code == 403
