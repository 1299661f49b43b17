"""From the embedded default to a Milvus server, with the service running and without."""

from pathlib import Path
from typing import Any

import pytest

from tests.milvus_server import MilvusServer
from tests.service import HASHED, Service, until

ITEMS = [
    {"item_id": f"item-{number}", "title": f"{kind} number {number}", "categories": [kind]}
    for number, kind in enumerate(["mug", "lamp", "chair", "shoe"] * 10)
]


def fill(service: Service) -> None:
    service.ready()
    service.client.post("/v1/items:batch", json={"items": ITEMS}).raise_for_status()
    until(lambda: empty(service), seconds=60, what="the queue is empty")


def empty(service: Service) -> bool:
    return bool(service.client.get("/health/ready").json()["queue"]["waiting"] == 0)


def similar(service: Service) -> dict[str, Any]:
    answer = service.client.get("/v1/items/item-0/similar", params={"limit": 5})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sources(answer: dict[str, Any]) -> set[str]:
    return {item["source"] for item in answer["items"]}


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


@pytest.mark.server
def test_moving_to_a_server_is_a_setting_and_a_reindex(
    tmp_path: Path, milvus_server: MilvusServer
) -> None:
    with Service(tmp_path, HASHED) as embedded:
        fill(embedded)
        before = similar(embedded)
    moved = Service(tmp_path, {**HASHED, "KINDRED_MILVUS_URI": milvus_server.uri})

    done = moved.run("reindex")

    assert done.returncode == 0, done.stderr
    with moved:
        moved.ready()
        after = similar(moved)
        assert sources(before) == sources(after) == {"vector"}
        assert ids(before) == ids(after)


@pytest.mark.server
def test_a_running_service_rebuilds_for_the_command_and_rolls_back(
    tmp_path: Path, milvus_server: MilvusServer
) -> None:
    with Service(tmp_path, {**HASHED, "KINDRED_MILVUS_URI": milvus_server.uri}) as service:
        fill(service)
        first = similar(service)["generation"]

        rebuilt = service.run("reindex")
        until(lambda: similar(service)["generation"] != first, seconds=10, what="the swap shows")
        rolled_back = service.run("reindex", "--rollback")

        assert rebuilt.returncode == 0, rebuilt.stderr
        assert "overlap" in rebuilt.stdout
        assert rolled_back.returncode == 0, rolled_back.stderr
        until(lambda: similar(service)["generation"] == first, seconds=10, what="the old one shows")
        assert sources(similar(service)) == {"vector"}


@pytest.mark.server
def test_a_worker_process_indexes_for_a_service_without_one(
    tmp_path: Path, milvus_server: MilvusServer
) -> None:
    settings = {**HASHED, "KINDRED_MILVUS_URI": milvus_server.uri, "KINDRED_WORKER": "none"}
    with Service(tmp_path, settings) as service, service.background("worker"):
        service.ready()
        path = "/v1/items/mug?wait=searchable&wait_seconds=30"

        answer = service.client.put(path, json={"title": "a blue mug"}, timeout=40)

        assert answer.json()["item"]["state"] == "searchable", answer.text


def test_a_worker_refuses_a_lite_file_and_says_why(tmp_path: Path) -> None:
    service = Service(tmp_path, HASHED)

    refused = service.run("worker")

    assert refused.returncode == 2
    assert "Lite" in refused.stderr
    service.client.close()


def test_an_unknown_setting_stops_the_start_with_the_nearest_name(tmp_path: Path) -> None:
    service = Service(tmp_path, {**HASHED, "KINDRED_TEXT_MODLE": "x"})

    refused = service.run("serve")

    assert refused.returncode == 2
    assert "KINDRED_TEXT_MODEL" in refused.stderr
    assert "Traceback" not in refused.stderr
    service.client.close()


def test_with_milvus_down_people_still_get_answers_and_nothing_is_lost(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    with Service(tmp_path, {**HASHED, "KINDRED_MILVUS_URI": nowhere}) as service:
        service.client.post("/v1/items:batch", json={"items": ITEMS}).raise_for_status()
        liked = {"user_id": "ada", "item_id": "item-3", "type": "like"}
        service.client.post("/v1/interactions", json=liked).raise_for_status()

        for_you = service.client.get("/v1/users/ada/for-you", params={"limit": 5}).json()
        near = similar(service)
        state = service.client.get("/health/ready").json()

        assert len(ids(for_you)) == len(ids(near)) == 5
        for answer in (for_you, near):
            assert "vector" not in sources(answer)
            assert answer["shortfall"]["reasons"] == ["index_unavailable"]
        assert state["status"] == "degraded"
        assert state["queue"]["waiting"] == len(ITEMS)
