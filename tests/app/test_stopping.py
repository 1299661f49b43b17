"""A graceful stop: answers in flight are finished, and nothing stays held by who is gone."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from app.settings import Settings
from indexer.database import Database
from indexer.memory import MemoryStore
from indexer.store import Row
from indexer.tables import jobs, work
from tests.app.api.test_health import metric
from tests.app.running import RunningApp, hashed
from tests.service import until


def test_an_answer_in_flight_is_finished_when_the_service_is_told_to_stop(
    serve: Callable[..., RunningApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = serve(worker="none")
    app.client.put("/v1/items/mug", json={"title": "Mug"})
    go_on = threading.Event()
    page = app.services.catalogue.page

    def slowly(**arguments: object) -> object:
        assert go_on.wait(60)
        return page(**arguments)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(app.services.catalogue, "page", slowly)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(app.client.get, "/v1/items")
        until(
            lambda: metric(app.client, "kindred_requests_in_work") == 1,
            seconds=30,
            what="it is in work",
        )
        app._server.should_exit = True
        go_on.set()
        answer = asked.result(timeout=60)

    assert answer.status_code == 200
    assert [each["item_id"] for each in answer.json()["items"]] == ["mug"]


class SlowStore(MemoryStore):
    """A vector store that writes when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.writing = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        self.writing.set()
        assert self.go_on.wait(60)
        super().upsert(collection, rows)


def held(settings: Settings) -> tuple[list[str | None], list[tuple[str, str | None]]]:
    """Who holds which rows of work, and in which states jobs are and who has them."""
    database = Database(settings.database_url)
    try:
        with database.reading() as connection:
            rows = list(connection.scalars(select(work.c.lease_owner)))
            states = [
                (*row,) for row in connection.execute(select(jobs.c.state, jobs.c.lease_owner))
            ]
        return rows, states
    finally:
        database.close()


def test_what_a_worker_has_in_hand_is_finished_and_the_rest_is_left_to_others(
    tmp_path: Path,
) -> None:
    store = SlowStore()
    settings = hashed(tmp_path, worker_batch="2")
    with RunningApp(settings, store=store) as app:
        app.ready()
        store.go_on.clear()
        store.writing.clear()
        items = [{"item_id": f"item-{number}", "title": "Mug"} for number in range(6)]
        app.client.post("/v1/items:batch", json={"items": items})
        assert store.writing.wait(30)
        stopping = threading.Thread(target=app.services.stop)
        stopping.start()
        until(app.services._stopping.is_set, seconds=30, what="it was told to stop")
        store.go_on.set()
        stopping.join(60)

    rows, _ = held(settings)
    assert not stopping.is_alive()
    assert len(rows) < len(items)
    assert set(rows) <= {None}


def test_a_rebuild_in_hand_is_given_back_and_waits_for_whoever_comes(tmp_path: Path) -> None:
    store = SlowStore()
    settings = hashed(tmp_path)
    with RunningApp(settings, store=store) as app:
        app.ready()
        app.put("mug")
        owner = app.services._owner
        assert owner is not None
        store.go_on.clear()
        store.writing.clear()
        app.services.jobs.request("reindex", {}, now=app.services._clock())
        assert store.writing.wait(30)
        stopping = threading.Thread(target=app.services.stop)
        stopping.start()
        until(
            owner._runner._stopping.is_set,
            seconds=30,
            what="the runner was told to stop",
        )
        store.go_on.set()
        stopping.join(60)

    assert not stopping.is_alive()
    _, states = held(settings)
    assert states == [("waiting", None)]
