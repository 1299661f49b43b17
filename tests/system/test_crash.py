"""kill -9 amid writes and rebuilds: whatever was acknowledged is there afterwards."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generations import Generations
from indexer.milvus import MilvusStore
from indexer.reconcile import differences
from tests.service import HASHED, Service, until

WEBHOOKS = 2_000


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    # A short lease, so that what the killed worker held is taken up again soon.
    with Service(tmp_path, {**HASHED, "KINDRED_WORKER_LEASE": "5s"}) as running:
        yield running


def webhook(number: int) -> dict[str, object]:
    return {
        "type": "item.created",
        "timestamp": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
        "data": {
            "item_id": f"item-{number}",
            "title": f"Product number {number} of kind {number % 37}",
            "categories": [f"kind-{number % 37}"],
            "price": number % 100,
        },
    }


def send_all(service: Service, acknowledged: list[str], enough: threading.Event) -> None:
    """Send every webhook once from four threads; note which were acknowledged."""

    def send(number: int) -> None:
        body = webhook(number)
        try:
            answer = client.post(
                "/v1/webhooks/catalog", json=body, headers={"webhook-id": f"message-{number}"}
            )
        except httpx.TransportError:
            return  # killed before it answered: nothing was promised
        if answer.status_code == 202:
            acknowledged.append(f"item-{number}")
            if len(acknowledged) >= WEBHOOKS // 2:
                enough.set()

    with (
        httpx.Client(base_url=service.url, timeout=10, trust_env=False) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        list(pool.map(send, range(WEBHOOKS)))


def queue_is_empty(service: Service) -> bool:
    queue = service.client.get("/health/ready").json()["queue"]
    return bool(queue["waiting"] == 0)


def audit(service: Service, acknowledged: list[str]) -> None:
    """Compare SQL and the Lite file, both read directly, with what was acknowledged."""
    service.stop()
    database = Database(f"sqlite:///{service.folder / 'kindred.db'}")
    store = MilvusStore(str(service.folder / "milvus.db"), None)
    try:
        catalogue = Catalogue(database)
        live = Generations(database).live(store.engine)
        assert live is not None
        store.load(live.collection)
        assert set(acknowledged) <= catalogue.keys_of(acknowledged).keys()
        assert [page.keys for page in differences(catalogue, store, live) if page.keys] == []
        assert store.count(live.collection) == catalogue.count()
    finally:
        store.close()
        database.close()


def test_every_acknowledged_webhook_is_searchable_after_kill_9(service: Service) -> None:
    service.ready()
    acknowledged: list[str] = []
    enough = threading.Event()
    sender = threading.Thread(target=send_all, args=(service, acknowledged, enough))
    sender.start()

    assert enough.wait(60)
    service.kill()
    sender.join()
    service.start()

    assert WEBHOOKS // 2 <= len(acknowledged) < WEBHOOKS
    until(lambda: queue_is_empty(service), seconds=90, what="the queue is empty")
    audit(service, acknowledged)


def test_a_webhook_sent_again_after_kill_9_is_the_same_operation(service: Service) -> None:
    headers = {"webhook-id": "message-1"}
    first = service.client.post("/v1/webhooks/catalog", json=webhook(1), headers=headers)

    service.kill()
    service.start()
    second = service.client.post("/v1/webhooks/catalog", json=webhook(1), headers=headers)

    assert first.status_code == second.status_code == 202
    assert first.json()["operation_id"] == second.json()["operation_id"]


def test_a_rebuild_killed_in_the_middle_is_finished_after_the_restart(service: Service) -> None:
    service.ready()
    items = [webhook(number)["data"] for number in range(WEBHOOKS)]
    for start in range(0, WEBHOOKS, 1_000):
        batch = service.client.post("/v1/items:batch", json={"items": items[start : start + 1_000]})
        assert batch.status_code == 202
    until(lambda: queue_is_empty(service), seconds=90, what="the queue is empty")
    until(lambda: settled(service), seconds=60, what="rebuilds by size are over")
    before = generation(service)

    with service.background("reindex") as command:
        until(lambda: "building" in states(service), seconds=30, what="a rebuild has begun")
        service.kill()
        command.kill()
    late = [webhook(number)["data"] for number in range(WEBHOOKS, WEBHOOKS + 50)]
    service.start()
    service.client.post("/v1/items:batch", json={"items": late})

    until(lambda: settled(service), seconds=90, what="the rebuild is over")
    until(lambda: generation(service) != before, seconds=10, what="the new generation answers")
    until(lambda: queue_is_empty(service), seconds=90, what="the queue is empty")
    audit(service, [f"item-{number}" for number in range(WEBHOOKS + 50)])


def generation(service: Service) -> object:
    return service.client.get("/health/ready").json()["generation"]


def states(service: Service) -> list[str]:
    """The states of the generations, read from SQL beside the running service."""
    database = Database(f"sqlite:///{service.folder / 'kindred.db'}")
    try:
        return [each.state for each in Generations(database).all()]
    finally:
        database.close()


def settled(service: Service) -> bool:
    database = Database(f"sqlite:///{service.folder / 'kindred.db'}")
    try:
        found = Generations(database)
        live = found.live(f"lite:{service.folder / 'milvus.db'}")
        return live is not None and live.fitted_on >= 1_000 and found.building(live.engine) is None
    finally:
        database.close()
