from collections.abc import Callable

import httpx
import pytest

from embedders import factory
from embedders.factory import BUNDLED, Resolved
from tests.app.running import RunningApp


def metric(client: httpx.Client, line: str) -> float:
    values = [
        float(each.rpartition(" ")[2])
        for each in client.get("/metrics").text.splitlines()
        if each.startswith(line + " ")
    ]
    return values[0] if values else 0.0


def test_a_living_process_says_so(client: httpx.Client) -> None:
    answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_readiness_tells_what_is_up(running: RunningApp) -> None:
    running.put("healthy")

    ready = running.client.get("/health/ready").json()

    assert ready["status"] == "ready"
    assert ready["generation"] == 1
    assert ready["database"].startswith("SQLite")
    assert ready["queue"]["waiting"] == 0
    assert ready["worker"] == "thread"
    assert {model["space"]: model["training"] for model in ready["models"]} == {
        "text": "hash",
        "image": "hash",
    }


def test_an_index_built_with_the_bundled_network_for_want_of_a_better_one_says_so(
    serve: Callable[..., RunningApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Resolved(BUNDLED, "image:resnet18:imagenet", "no way out of here")
    monkeypatch.setattr(factory, "resolve", lambda _: without)
    running = serve(image_model="resnet18", text_model="none")
    running.ready()

    ready = running.client.get("/health/ready").json()

    (model,) = ready["models"]
    assert model["model"].startswith("bundled-resnet@")
    (notice,) = ready["problems"]
    assert "small bundled network" in notice
    assert "kindred reindex --space image" in notice


def test_the_bundled_network_asked_for_by_name_is_no_problem(
    serve: Callable[..., RunningApp],
) -> None:
    running = serve(image_model="bundled", text_model="none")
    running.ready()

    ready = running.client.get("/health/ready").json()

    assert ready["models"][0]["model"].startswith("bundled-resnet@")
    assert ready["problems"] == []


def test_requests_are_counted_by_their_route(client: httpx.Client) -> None:
    line = (
        'kindred_http_requests_total{method="GET",route="/v1/users/{user_id}/for-you",status="200"}'
    )
    before = metric(client, line)

    client.get("/v1/users/a-very-private-name/for-you")

    assert metric(client, line) == before + 1
    assert "a-very-private-name" not in client.get("/metrics").text


def test_unknown_paths_and_methods_share_one_label(client: httpx.Client) -> None:
    line = 'kindred_http_requests_total{method="other",route="unmatched",status="404"}'
    before = metric(client, line)

    client.request("BREW", "/coffee")
    client.request("STEEP", "/tea")

    assert metric(client, line) == before + 2


def test_writes_and_interactions_are_counted_by_what_became_of_them(client: httpx.Client) -> None:
    lines = (
        'kindred_catalogue_writes_total{status="accepted"}',
        'kindred_interactions_total{status="invalid"}',
    )
    before = [metric(client, line) for line in lines]

    client.put("/v1/items/counted", json={"title": "x"})
    client.post("/v1/interactions", json={"user_id": "a"})

    assert [metric(client, line) for line in lines] == [value + 1 for value in before]
    assert metric(client, "kindred_database_up") == 1


def test_metrics_tell_what_was_embedded_written_and_searched(running: RunningApp) -> None:
    lines = (
        'kindred_embedded_contents_total{outcome="embedded",space="text"}',
        'kindred_embedding_seconds_count{space="text"}',
        "kindred_index_rows_written_total",
        'kindred_index_seconds_count{operation="search"}',
    )
    before = [metric(running.client, line) for line in lines]

    running.put("measured", title="Something nobody has embedded yet")
    running.client.get("/v1/items/measured/similar")

    after = [metric(running.client, line) for line in lines]
    assert all(now > then for now, then in zip(after, before, strict=True))
    assert metric(running.client, "kindred_index_generation") == 1
