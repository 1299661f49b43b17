"""What a client is answered when a part is down, and that nothing acknowledged is lost."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from app.settings import Settings, variable
from indexer.milvus import MilvusStore
from tests.app.running import RunningApp, hashed
from tests.postgres_server import PostgresServer
from tests.service import free_port, until

ITEM = {"title": "Stoneware mug"}
VIEW = {"user_id": "ana", "item_id": "mug", "type": "view"}


@pytest.fixture
def without_index(tmp_path: Path) -> Iterator[RunningApp]:
    """The application whose Milvus server does not answer."""
    uri = f"http://127.0.0.1:{free_port()}"
    second = timedelta(seconds=1)
    store = MilvusStore(uri, None, timeout=second, write_timeout=second)
    with RunningApp(hashed(tmp_path, milvus_uri=uri), store=store) as app:
        yield app


def test_with_the_index_down_writes_are_kept_and_popularity_answers(
    without_index: RunningApp,
) -> None:
    client = without_index.client
    for name in ("mug", "bowl"):
        assert client.put(f"/v1/items/{name}", json=ITEM).status_code == 202
    assert client.post("/v1/interactions", json=VIEW).status_code == 202

    for_you = client.get("/v1/users/ana/for-you")
    similar = client.get("/v1/items/mug/similar")

    for answer in (for_you, similar):
        assert answer.status_code == 200
        assert [item["item_id"] for item in answer.json()["items"]] == ["bowl"]
        assert answer.json()["items"][0]["source"] != "vector"
        assert "index_unavailable" in answer.json()["shortfall"]["reasons"]
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["status"] == "degraded"
    assert ready.json()["index"] is None
    assert ready.json()["queue"]["waiting"] == 2


def test_with_the_index_down_metrics_count_the_failures_and_no_generation(
    without_index: RunningApp,
) -> None:
    without_index.client.get("/health/ready")

    page = without_index.client.get("/metrics").text

    assert 'kindred_index_failures_total{operation="ping"}' in page
    assert "kindred_index_generation 0.0" in page


def test_on_a_full_disk_nothing_is_written_and_everything_is_read(
    serve: Callable[..., RunningApp],
) -> None:
    app = serve(worker="none")
    app.client.put("/v1/items/before", json=ITEM)
    limit = "PRAGMA max_page_count = 1"  # SQLite takes the present size instead of less

    def fill(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(limit)

    event.listen(app.services._database.engine, "checkout", fill)
    large = {"title": "x", "description": "x" * 90_000}

    items = app.client.post(
        "/v1/items:batch", json={"items": [{"item_id": f"i{n}", **large} for n in range(20)]}
    )
    hook = app.client.post(
        "/v1/webhooks/catalog",
        json={
            "type": "item.created",
            "timestamp": "2026-05-04T09:30:00Z",
            "data": {"item_id": "hooked", **large},
        },
    )

    for answer in (items, hook):
        assert answer.status_code == 507
        assert answer.json()["type"] == "urn:kindred:problem:insufficient-storage"
    assert 'kindred_part_failures_total{part="disk"} 2.0' in app.client.get("/metrics").text
    assert [item["item_id"] for item in app.client.get("/v1/items").json()["items"]] == ["before"]
    assert app.client.get("/v1/popular").status_code == 200
    limit = "PRAGMA max_page_count = 1000000"
    assert app.client.put("/v1/items/after", json=large).status_code == 202


def test_a_database_that_stays_locked_is_unavailable_for_writes_alone(
    serve: Callable[..., RunningApp],
) -> None:
    app = serve(worker="none")
    app.client.put("/v1/items/mug", json=ITEM)
    path = app.services.settings.database_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    refused = app.client.put("/v1/items/bowl", json=ITEM)
    read = app.client.get("/v1/items/mug")
    other.execute("ROLLBACK")
    other.close()

    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:kindred:problem:unavailable"
    assert int(refused.headers["Retry-After"]) >= 1
    assert read.status_code == 200
    assert app.client.put("/v1/items/bowl", json=ITEM).status_code == 202


def test_without_a_database_the_service_says_that_it_is_down(
    tmp_path: Path, postgres_server: PostgresServer, migrated_postgres: str
) -> None:
    name = postgres_server.create_database(template=migrated_postgres)
    settings = Settings.from_environment(
        {
            variable("data_dir"): str(tmp_path),
            variable("database_url"): postgres_server.url(name),
            variable("text_model"): "hash",
            variable("image_model"): "hash",
        }
    )
    with RunningApp(settings) as app:
        app.put("mug")
        postgres_server.drop_database(name)

        ready = app.client.get("/health/ready")
        answers = [
            app.client.put("/v1/items/bowl", json=ITEM),
            app.client.get("/v1/items/mug"),
            app.client.get("/v1/users/ana/for-you"),
            app.client.post("/v1/interactions", json=VIEW),
        ]
        metrics = app.client.get("/metrics")

    assert ready.status_code == 503
    assert ready.json()["status"] == "down"
    assert ready.json()["database"] is None
    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:kindred:problem:unavailable"
    assert "kindred_database_up 0.0" in metrics.text


def test_a_fault_of_ours_tells_nothing_of_our_insides(
    running: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("password hunter2 in /srv/secrets")

    monkeypatch.setattr(running.services.catalogue, "page", broken)

    answer = running.client.get("/v1/items", headers={"X-Request-ID": "find-me"})

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:kindred:problem:internal"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "find-me"
    assert "hunter2" not in answer.text


def test_on_milvus_lite_a_new_item_is_similar_to_others_at_once(tmp_path: Path) -> None:
    settings = hashed(tmp_path)
    second = timedelta(seconds=30)
    store = MilvusStore(settings.milvus_uri, None, timeout=second, write_timeout=second)
    with RunningApp(settings, store=store) as app:
        app.put("x') OR ('1'='1", title="stoneware mug for coffee")
        app.put("lamp", title="brass lamp")
        app.put("bowl", title="stoneware bowl for coffee")
        until(
            lambda: app.client.get("/health/ready").json()["status"] == "ready",
            seconds=30,
            what="the index is followed",
        )

        answer = app.client.get("/v1/items/bowl/similar").json()

    assert [item["item_id"] for item in answer["items"]] == ["x') OR ('1'='1", "lamp"]
    assert answer["items"][0]["source"] == "vector"
