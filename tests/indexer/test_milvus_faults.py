"""A Milvus that is away, silent or gone: every call ends in time, with an error of ours."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest

from indexer.errors import StoreError, StoreRejected, StoreUnavailable
from indexer.filters import EVERYTHING
from indexer.milvus import MilvusStore
from indexer.store import VectorStore
from tests.indexer.stores import DIMENSIONS, array, eventually, row
from tests.milvus_server import MilvusServer, running_milvus_server
from tests.relay import Relay, relayed

NAME = "faults"
QUERY = array(1, 0, 0, 0).reshape(1, DIMENSIONS)
TIMEOUT = timedelta(seconds=0.5)
# What a call may take beyond its time-out: a busy machine.
GRACE_SECONDS = 1.0

CALLS: dict[str, Callable[[VectorStore], object]] = {
    "create": lambda store: store.create(NAME, DIMENSIONS),
    "drop": lambda store: store.drop(NAME),
    "collections": lambda store: store.collections(),
    "load": lambda store: store.load(NAME),
    "release": lambda store: store.release(NAME),
    "upsert": lambda store: store.upsert(NAME, [row(1, 1, 0, 0, 0)]),
    "delete": lambda store: store.delete(NAME, [1]),
    "revisions": lambda store: store.revisions(NAME, [1]),
    "search": lambda store: store.search(NAME, QUERY, limit=1, where=EVERYTHING),
    "count": lambda store: store.count(NAME),
    "ping": lambda store: store.ping(),
}


@contextmanager
def store_at(port: int) -> Iterator[MilvusStore]:
    store = MilvusStore(
        f"http://127.0.0.1:{port}", timeout=TIMEOUT, write_timeout=TIMEOUT, load_timeout=TIMEOUT
    )
    try:
        yield store
    finally:
        store.close()


def fails_in_time(store: VectorStore, call: str) -> str:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="Try again later") as caught:
        CALLS[call](store)
    assert time.monotonic() - started < TIMEOUT.total_seconds() + GRACE_SECONDS
    return str(caught.value)


@pytest.fixture(scope="module")
def silent_port() -> Iterator[int]:
    """A port where connections are accepted, and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_never_answers_costs_no_more_than_the_time_out(
    call: str, silent_port: int
) -> None:
    with store_at(silent_port) as store:
        fails_in_time(store, call)


@pytest.mark.parametrize("call", CALLS)
def test_a_closed_port_costs_no_more_than_the_time_out(call: str, closed_port: int) -> None:
    with store_at(closed_port) as store:
        fails_in_time(store, call)


def test_while_a_server_is_away_callers_after_the_first_do_not_wait(silent_port: int) -> None:
    with store_at(silent_port) as store:
        fails_in_time(store, "search")

        started = time.monotonic()
        for _ in range(20):
            fails_in_time(store, "search")
        assert time.monotonic() - started < TIMEOUT.total_seconds()


def test_many_callers_at_once_do_not_wait_for_each_other(silent_port: int) -> None:
    with store_at(silent_port) as store, ThreadPoolExecutor(16) as pool:
        messages = list(pool.map(lambda _: fails_in_time(store, "search"), range(16)))

    assert len(messages) == 16


@pytest.fixture
def relay(milvus_server: MilvusServer) -> Iterator[Relay]:
    with relayed(int(milvus_server.uri.rpartition(":")[2])) as relay:
        yield relay


@pytest.mark.server
@pytest.mark.parametrize("call", ["search", "upsert", "revisions", "ping"])
def test_a_server_that_falls_silent_is_noticed_and_heard_again(call: str, relay: Relay) -> None:
    with store_at(relay.port) as store:
        eventually(lambda: attempt(store.ping), lambda problem: problem is None)

        relay.fall_silent()
        fails_in_time(store, call)
        relay.resume()

        eventually(lambda: attempt(store.ping), lambda problem: problem is None)


@pytest.mark.server
def test_a_lost_connection_is_made_again_without_the_caller_noticing(relay: Relay) -> None:
    with store_at(relay.port) as store:
        eventually(lambda: attempt(store.ping), lambda problem: problem is None)

        relay.cut()
        fails_in_time(store, "ping")
        relay.resume()

        eventually(lambda: attempt(store.ping), lambda problem: problem is None)


def attempt(call: Callable[[], object]) -> StoreError | None:
    try:
        call()
    except StoreUnavailable as error:
        return error
    return None


@pytest.mark.server
def test_what_a_killed_server_acknowledged_is_there_when_it_is_back() -> None:
    with running_milvus_server(session_seconds=5) as server:
        store = MilvusStore(server.uri, timeout=timedelta(seconds=2))
        store.create(NAME, DIMENSIONS)
        acknowledged = []
        for key in range(1, 51):
            store.upsert(NAME, [row(key, 1, 0, 0, 0, revision=key)])
            acknowledged.append(key)

        server.kill()
        with pytest.raises(StoreUnavailable):
            store.upsert(NAME, [row(99, 1, 0, 0, 0)])
        server.start()

        eventually(lambda: attempt(lambda: store.load(NAME)), lambda problem: problem is None, 60)
        revisions = eventually(
            lambda: read(store, acknowledged), lambda seen: len(seen) == len(acknowledged), 60
        )
        assert revisions == {key: key for key in acknowledged}
        store.close()


def read(store: VectorStore, keys: list[int]) -> dict[int, int]:
    try:
        return dict(store.revisions(NAME, keys))
    except StoreUnavailable:
        return {}


@pytest.mark.parametrize("uri", ["milvus.txt", "ftp://host", "", "unix:/tmp/x.sock", "tcp://h:1"])
def test_an_address_that_is_none_is_refused_with_what_is_expected(uri: str) -> None:
    with pytest.raises(StoreRejected, match=r"http://host:port"):
        MilvusStore(uri)


def test_a_secret_in_an_address_is_shown_nowhere() -> None:
    store = MilvusStore("http://user:secret@127.0.0.1:1", "user:secret", timeout=TIMEOUT)

    message = fails_in_time(store, "ping")

    assert store.engine == "server:http://127.0.0.1:1"
    assert "secret" not in message


def test_a_closed_store_says_so(closed_port: int) -> None:
    with store_at(closed_port) as store:
        store.close()

        assert "closed" in fails_in_time(store, "ping")
