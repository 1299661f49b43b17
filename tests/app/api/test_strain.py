"""More than can be answered, and parts that break while people ask."""

import os
import re
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from app.settings import Settings, variable
from embedders.spaces import Array
from indexer.errors import StoreUnavailable
from indexer.filters import Filter
from indexer.memory import MemoryStore
from indexer.milvus import MilvusStore
from indexer.store import Hit
from tests.app.api.test_health import metric
from tests.app.running import RunningApp, hashed
from tests.postgres_server import PostgresServer
from tests.relay import relayed
from tests.service import until

VIEW = {"user_id": "ana", "item_id": "mug", "type": "view"}


class Crowd:
    """Requests that go on until they are told to end."""

    def __init__(self, app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self._client = app.client
        self._end = threading.Event()
        self._pool = ThreadPoolExecutor(16)
        page = app.services.catalogue.page

        def slowly(**arguments: object) -> object:
            assert self._end.wait(60)
            return page(**arguments)  # type: ignore[arg-type] # passed on as they came

        monkeypatch.setattr(app.services.catalogue, "page", slowly)

    def ask(self) -> "Future[httpx.Response]":
        return self._pool.submit(self._client.get, "/v1/items")

    def end(self) -> None:
        self._end.set()


@pytest.fixture
def busy(serve: Callable[..., RunningApp]) -> RunningApp:
    """An application that works on two requests at once and lets one wait, for long."""
    return serve(max_requests="2", max_waiting="1", turn_timeout="60s", worker="none")


def test_load_beyond_what_can_be_answered_is_told_to_come_back_and_health_stays_quick(
    busy: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = busy.client
    crowd = Crowd(busy, monkeypatch)
    asked = [crowd.ask() for _ in range(3)]
    until(
        lambda: (
            (
                metric(client, "kindred_requests_in_work"),
                metric(client, "kindred_requests_waiting"),
            )
            == (2.0, 1.0)
        ),
        seconds=30,
        what="two are in work and one waits",
    )

    refused = client.get("/v1/users/ana/for-you")
    alive, ready = client.get("/health/live"), client.get("/health/ready")

    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:kindred:problem:overloaded"
    assert int(refused.headers["Retry-After"]) >= 1
    assert (alive.status_code, ready.status_code) == (200, 200)
    assert metric(client, 'kindred_requests_turned_away_total{reason="queue_full"}') == 1
    crowd.end()
    assert [each.result().status_code for each in asked] == [200, 200, 200]
    assert client.get("/v1/users/ana/for-you").status_code == 200


def test_who_may_not_call_takes_nobodys_place(serve: Callable[..., RunningApp]) -> None:
    app = serve(max_requests="2", max_waiting="0", require_key="true", worker="none")

    answers = [app.client.get("/v1/items") for _ in range(5)]

    assert {each.status_code for each in answers} == {401}
    assert "kindred_requests_turned_away_total{" not in app.client.get("/metrics").text


def test_waiting_for_an_item_to_be_searchable_takes_nobodys_place(
    serve: Callable[..., RunningApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = serve(max_requests="2", max_waiting="0", worker="none")
    over = threading.Event()

    def look(*_: object) -> dict[str, object]:
        assert over.wait(60)
        return {}

    monkeypatch.setattr("app.api.receipts._look", look)
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(
                app.client.put,
                f"/v1/items/{number}?wait=searchable&wait_seconds=1",
                json={"title": "mug"},
            )
            for number in range(2)
        ]
        until(lambda: app.services.queue.depth().waiting == 2, seconds=30, what="both are written")
        until(
            lambda: metric(app.client, "kindred_requests_in_work") == 0,
            seconds=30,
            what="their places are left",
        )
        read = app.client.get("/v1/items/0")
        assert not any(each.done() for each in waiting)
        over.set()

    assert read.status_code == 200
    assert [each.result().status_code for each in waiting] == [202, 202]


class BreakableStore(MemoryStore):
    """A vector store that can be told not to answer searches."""

    silent = False
    searches = 0

    def search(
        self,
        collection: str,
        queries: Array,
        *,
        limit: int,
        where: Filter,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        self.searches += 1
        if self.silent:
            raise StoreUnavailable("no answer in time")
        return super().search(collection, queries, limit=limit, where=where, exclude=exclude)


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[tuple[RunningApp, BreakableStore]]:
    store = BreakableStore()
    settings = hashed(tmp_path, breaker_failures="2", breaker_rest="10m")
    with RunningApp(settings, store=store) as app:
        app.ready()
        for name in ("mug", "bowl"):
            app.put(name)
        app.client.post("/v1/interactions", json=VIEW)
        yield app, store


def test_searches_that_time_out_are_soon_not_tried_and_popularity_answers(
    breakable: tuple[RunningApp, BreakableStore],
) -> None:
    app, store = breakable
    store.silent = True
    before = store.searches

    answers = [app.client.get("/v1/users/ana/for-you") for _ in range(5)]

    assert store.searches - before == 2
    for answer in answers:
        assert answer.status_code == 200
        assert [item["item_id"] for item in answer.json()["items"]] == ["bowl"]
        assert "index_unavailable" in answer.json()["shortfall"]["reasons"]
    assert metric(app.client, 'kindred_breaker_open{part="index"}') == 1
    assert metric(app.client, 'kindred_breaker_refused{part="index"}') >= 3
    ready = app.client.get("/health/ready").json()
    assert ready["status"] == "degraded"
    assert any("searches go unanswered" in problem for problem in ready["problems"])


def test_a_database_that_falls_silent_is_told_in_time_and_found_again(
    tmp_path: Path, postgres_server: PostgresServer, migrated_postgres: str
) -> None:
    name = postgres_server.create_database(template=migrated_postgres)
    with relayed(postgres_server.port) as relay:
        url = postgres_server.url(name).replace(str(postgres_server.port), str(relay.port))
        given = {
            "data_dir": str(tmp_path),
            "database_url": url,
            "text_model": "hash",
            "image_model": "none",
            "worker": "none",
            "database_timeout": "1s",
            "breaker_rest": "200ms",
        }
        settings = Settings.from_environment({variable(key): each for key, each in given.items()})
        with RunningApp(settings) as app:
            until(
                lambda: app.client.put("/v1/items/mug", json={"title": "Mug"}).status_code == 202,
                seconds=60,
                what="a busy machine writes an item in time",
            )
            relay.fall_silent()

            answers = [app.client.get("/v1/users/ana/for-you") for _ in range(3)]
            ready = app.client.get("/health/ready")
            broken = app.client.get("/metrics").text

            for answer in answers:
                assert answer.status_code == 503
                assert answer.json()["type"] == "urn:kindred:problem:unavailable"
                assert int(answer.headers["Retry-After"]) >= 1
            assert (ready.status_code, ready.json()["status"]) == (503, "down")
            failures = re.search(r'kindred_part_failures_total{part="database"} (.+)', broken)
            assert failures is not None
            assert float(failures[1]) >= 3
            assert "kindred_database_up 0.0" in broken
            relay.resume()
            until(
                lambda: app.client.get("/v1/items/mug").status_code == 200,
                seconds=60,
                what="the database is found again",
            )
    postgres_server.drop_database(name)


def test_memory_that_cannot_be_had_is_a_503_and_the_process_goes_on(
    serve: Callable[..., RunningApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = serve(worker="none")
    with monkeypatch.context() as short:
        short.setattr(app.services.catalogue, "page", lambda **_: bytearray(1 << 62))

        answer = app.client.get("/v1/items")

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:kindred:problem:unavailable"
    assert "memory" in answer.json()["detail"]
    assert metric(app.client, 'kindred_part_failures_total{part="memory"}') == 1
    assert app.client.get("/v1/items").status_code == 200


def test_a_disk_that_is_nearly_full_is_told_before_it_is(
    serve: Callable[..., RunningApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = serve(worker="none")
    monkeypatch.setattr("app.readiness.free_bytes", lambda _: 1_000_000)

    ready = app.client.get("/health/ready").json()

    assert any(problem.startswith("only 1 MB") for problem in ready["problems"])
    assert metric(app.client, "kindred_disk_free_bytes") > 0


def test_a_milvus_that_hangs_costs_few_people_a_time_out_and_comes_back(tmp_path: Path) -> None:
    settings = hashed(tmp_path, breaker_failures="1", breaker_rest="100ms")
    short, long = timedelta(milliseconds=300), timedelta(seconds=30)
    store = MilvusStore(settings.milvus_uri, None, timeout=long, write_timeout=long)
    with RunningApp(settings, store=store) as app:
        app.ready()
        for name in ("mug", "bowl"):
            app.put(name)
        app.client.post("/v1/interactions", json=VIEW)
        store._timeout = short.total_seconds()  # the machine of the test may be slower than that
        engine = engine_of(store)
        os.kill(engine, signal.SIGSTOP)
        try:
            hanging = app.client.get("/v1/users/ana/for-you").json()
            seen = metric(app.client, 'kindred_breaker_open{part="index"}')
        finally:
            os.kill(engine, signal.SIGCONT)
        store._timeout = long.total_seconds()

        def source() -> str:
            return str(app.client.get("/v1/users/ana/for-you").json()["items"][0]["source"])

        until(lambda: source() == "vector", seconds=60, what="searches are answered again")

    assert "index_unavailable" in hanging["shortfall"]["reasons"]
    assert [each["item_id"] for each in hanging["items"]] == ["bowl"]
    assert seen == 1


def engine_of(store: MilvusStore) -> int:
    """The process of a Lite file's engine, which was started by this one."""
    path = store.engine.removeprefix("lite:")
    found = [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if path in " ".join(child.cmdline())
    ]
    assert len(found) == 1
    return int(found[0])
