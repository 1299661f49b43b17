from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.app.running import RunningApp

VIEW = {"user_id": "ana", "item_id": "mug-1", "type": "view"}


def test_one_interaction_is_recorded(client: httpx.Client) -> None:
    answer = client.post("/v1/interactions", json=VIEW)

    assert answer.status_code == 202
    assert answer.json() == {
        "recorded": 1,
        "duplicates": 0,
        "ignored": 0,
        "invalid": 0,
        "results": [{"index": 0, "status": "recorded", "item_known": False}],
    }


def test_the_same_interaction_id_is_the_same_interaction(client: httpx.Client) -> None:
    order = {**VIEW, "type": "purchase", "interaction_id": "order-1"}

    answer = client.post("/v1/interactions", json=[order, order])
    again = client.post("/v1/interactions", json=order)

    assert [each["status"] for each in answer.json()["results"]] == ["recorded", "duplicate"]
    assert again.json()["duplicates"] == 1


def test_of_a_list_the_valid_ones_are_recorded(client: httpx.Client) -> None:
    future = datetime.now(UTC) + timedelta(minutes=6)  # noqa: TID251 - the client's clock
    given = [VIEW, {**VIEW, "timestamp": future.isoformat()}, 5, {**VIEW, "type": "veiw"}]

    answer = client.post("/v1/interactions", json=given)

    assert answer.status_code == 202
    assert answer.json()["recorded"] == 1
    results = answer.json()["results"]
    assert [each["status"] for each in results] == ["recorded", "invalid", "invalid", "invalid"]
    assert "five minutes" in results[1]["problem"]
    assert "did you mean 'view'" in results[3]["problem"]


def test_an_interaction_counts_once_its_item_exists(running: RunningApp) -> None:
    early = {"user_id": "early", "item_id": "later", "type": "purchase"}
    running.client.post("/v1/interactions", json=early)
    before = running.client.get("/v1/popular").json()["items"]

    running.put("later")

    after = running.client.get("/v1/popular").json()["items"]
    assert "later" not in [item["item_id"] for item in before]
    assert "later" in [item["item_id"] for item in after]


def test_a_configured_kind_is_accepted(serve: Callable[..., RunningApp]) -> None:
    client = serve(extra_kinds="wishlist=2", worker="none").client

    assert client.post("/v1/interactions", json={**VIEW, "type": "wishlist"}).status_code == 202


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"user_id": None}, "user_id: Field required"),
        ({"user_id": "a/b"}, "user_id"),
        ({"item_id": ".."}, "item_id"),
        ({"type": "wishlist"}, "known are view"),
        ({"type": "rating"}, "rating needs a value"),
        ({"type": "rating", "value": 6}, "rating needs a value"),
        ({"type": "dwell"}, "its seconds"),
        ({"value": -1}, "value"),
        ({"value": "2"}, "value"),
        ({"value": True}, "value"),
        ({"value": 1e10}, "value"),
        ({"timestamp": "2026-05-04T09:30:00"}, "offset"),
        ({"timestamp": "1969-12-31T23:59:59Z"}, "1970"),
        ({"session_id": "x" * 129}, "session_id"),
        ({"session_id": "a\0"}, "printable"),
        ({"interaction_id": ""}, "interaction_id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_interaction_that_breaks_a_rule_is_refused(
    client: httpx.Client, change: dict[str, object], told: str
) -> None:
    body = {name: value for name, value in {**VIEW, **change}.items() if value is not None}

    answer = client.post("/v1/interactions", json=body)

    assert answer.status_code == 422
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_list_has_bounds(client: httpx.Client, count: int) -> None:
    assert client.post("/v1/interactions", json=[VIEW] * count).status_code == 422


def test_a_thousand_interactions_are_recorded_in_one_request(client: httpx.Client) -> None:
    many = [{**VIEW, "user_id": f"user-{number % 50}"} for number in range(1_000)]

    assert client.post("/v1/interactions", json=many).json()["recorded"] == 1_000


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({**VIEW, "type": "rating"}, "body: a rating needs a value from 1 to 5"),
        ("view", "body: must be a JSON object"),
    ],
)
def test_the_problem_of_a_single_interaction_has_no_place_in_a_list(
    client: httpx.Client, given: object, problem: str
) -> None:
    answer = client.post("/v1/interactions", json=given)

    assert (answer.status_code, answer.json()["detail"]) == (422, problem)


def test_problems_of_a_list_name_the_place_and_no_class_of_ours(client: httpx.Client) -> None:
    results = client.post("/v1/interactions", json=[VIEW, 5]).json()["results"]

    assert results[1]["problem"] == "1: must be a JSON object"
