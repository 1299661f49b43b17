from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.interactions.interaction import Interaction
from tests.app.running import RunningApp, hashed
from tests.service import until


def told(answer: httpx.Response) -> str:
    assert answer.status_code == 422, answer.text
    return str(answer.json()["detail"])


def test_what_is_said_of_a_person_is_read_back(client: httpx.Client) -> None:
    attributes = {"country": "PT", "sizes": [38, 39.5], "member": True, "segments": ["vip"]}

    put = client.put("/v1/users/ana", json={"attributes": attributes})

    assert put.status_code == 200
    assert put.json() == client.get("/v1/users/ana").json()
    assert put.json()["attributes"] == attributes
    assert put.json()["segments"] == ["vip"]
    assert put.json()["activity"] is None
    assert put.json()["rfm"] is None
    assert put.json()["updated_at"] is not None


def test_attributes_are_changed_one_by_one_and_removed_with_null(client: httpx.Client) -> None:
    client.put("/v1/users/bea", json={"attributes": {"country": "PT", "age": 41}})

    patched = client.patch("/v1/users/bea", json={"attributes": {"age": None, "member": True}})

    assert patched.json()["attributes"] == {"country": "PT", "member": True}


def test_nothing_known_of_a_person_is_not_found(client: httpx.Client) -> None:
    answer = client.get("/v1/users/nobody")

    assert answer.status_code == 404
    assert "'nobody'" in answer.json()["detail"]


def test_what_a_person_did_is_summed_up(running: RunningApp) -> None:
    running.put("priced", price=12.5)
    did = {"user_id": "carl", "item_id": "priced", "timestamp": "2026-05-04T09:30:00Z"}
    running.client.post("/v1/interactions", json=[{**did, "type": "purchase", "value": 2}])
    did["timestamp"] = "2026-05-03T09:30:00Z"
    running.client.post("/v1/interactions", json={**did, "type": "view"})

    answer = running.client.get("/v1/users/carl").json()

    assert answer["activity"] == {
        "first_at": "2026-05-03T09:30:00Z",
        "last_at": "2026-05-04T09:30:00Z",
        "interactions": 2,
        "purchases": 1,
        "spend": 25.0,
    }
    assert answer["updated_at"] is None


def test_a_running_service_sorts_people_into_segments(tmp_path: Path) -> None:
    app = RunningApp(hashed(tmp_path, worker="none"))
    times = [datetime(2026, 5, day, 12, tzinfo=UTC) for day in range(1, 26)]
    did = [
        Interaction(f"user-{number:02}", "mug-1", "view", None, time)
        for number, time in enumerate(times)
        for _ in range(number + 1)
    ]
    app.services.interactions.record(did, now=times[-1])

    with app:

        def segments(user_id: str) -> list[str]:
            found: list[str] = app.client.get(f"/v1/users/{user_id}").json()["segments"]
            return found

        until(lambda: segments("user-24") != [], seconds=20, what="people have segments")

        assert segments("user-00") == ["rfm:lost"]
        assert segments("user-24") == ["rfm:champions"]
        last = app.client.get("/v1/users/user-24").json()
        assert last["rfm"] == {"recency": 5, "frequency": 5, "monetary": None}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "attributes: Field required"),
        ({"attributes": []}, "attributes: must be a JSON object"),
        ({"attributes": {"a": {"b": 1}}}, "attributes.a must be a text, a number"),
        ({"attributes": {"segments": ["rfm:lost"]}}, "do not begin with 'rfm:'"),
        ({"attributes": {"a": "x" * 16_000}}, "at most 16,000 bytes"),
        ({"attributes": {}, "segments": ["vip"]}, "segments"),
    ],
)
def test_attributes_that_break_a_rule_are_refused(
    client: httpx.Client, body: dict[str, object], rule: str
) -> None:
    for method in ("PUT", "PATCH"):
        assert rule in told(client.request(method, "/v1/users/dora", json=body))
    assert client.get("/v1/users/dora").status_code == 404


def test_the_other_id_of_a_person_is_merged_into_theirs(running: RunningApp) -> None:
    client = running.client
    running.put("mug-1", title="stoneware mug")
    running.put("mug-2", title="stoneware cup")
    client.put("/v1/users/eve", json={"attributes": {"country": "PT"}})
    client.put("/v1/users/visitor-81", json={"attributes": {"country": "ES", "from": "mail"}})
    did = {"user_id": "visitor-81", "item_id": "mug-1", "type": "like"}
    client.post("/v1/interactions", json=did)
    shown = client.get("/v1/users/visitor-81/for-you", params={"limit": 1}).json()
    until(lambda: running.services.log.waiting == 0, seconds=10, what="the answer is logged")

    merged = client.post("/v1/users/eve:merge", json={"from": "visitor-81"})
    again = client.post("/v1/users/eve:merge", json={"from": "visitor-81"})

    assert merged.status_code == again.status_code == 200
    assert merged.json()["interactions"] == 1
    assert merged.json()["user_id"] == "eve"
    assert merged.json()["from"] == "visitor-81"
    assert set(again.json().values()) == {"eve", "visitor-81", 0}
    eve = client.get("/v1/users/eve").json()
    assert eve["attributes"] == {"country": "PT", "from": "mail"}
    assert eve["activity"]["interactions"] == 1
    assert client.get("/v1/users/visitor-81").status_code == 404
    theirs = client.get("/v1/users/eve/for-you", params={"limit": 1}).json()
    assert [each["item_id"] for each in theirs["items"]] == [
        each["item_id"] for each in shown["items"]
    ]


def test_an_id_with_a_colon_can_be_merged(client: httpx.Client) -> None:
    client.put("/v1/users/a:b", json={"attributes": {"n": 1}})

    merged = client.post("/v1/users/a:merge:merge", json={"from": "a:b"})

    assert merged.json()["user_id"] == "a:merge"
    assert merged.json()["attributes"] == 1


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"from": "fay"}, "is 'fay' itself"),
        ({"from": "a/b"}, "from: "),
        ({}, "from: Field required"),
        ({"from": "x", "into": "y"}, "into"),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused(
    client: httpx.Client, body: dict[str, object], rule: str
) -> None:
    assert rule in told(client.post("/v1/users/fay:merge", json=body))
