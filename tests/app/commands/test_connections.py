"""Senders of a byte now and then, on real sockets; the limits are short so that tests are."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.commands import connections
from app.commands.connections import patient
from tests.service import until

PATIENCE = 20.0
"""Longest a test waits for what takes some tenths of a second."""


class Echo:
    """Answers with the body, and remembers whose request never came."""

    def __init__(self) -> None:
        self.gone = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            self.gone += 1
            return
        await PlainTextResponse(body)(scope, receive, send)


@contextmanager
def serving(app: Echo, *, whole_seconds: float) -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(
        app, http=patient(whole_seconds), log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started, seconds=PATIENCE, what="the server has started")
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connections, "GRACE_SECONDS", 0.0)


def trickled(place: tuple[str, int], first: bytes, piece: bytes) -> bool:
    """Send something, then a piece now and then; say whether the connection was closed."""
    with socket.create_connection(place, timeout=PATIENCE) as connection:
        connection.sendall(first)
        connection.settimeout(0.02)
        for _ in range(int(PATIENCE / 0.02)):
            try:
                connection.sendall(piece)
                if connection.recv(1) == b"":
                    return True
            except TimeoutError:
                continue
            except ConnectionError:
                return True
    return False


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b""),  # nothing at all
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\n", b"X: y\r\n"),
    ],
)
def test_who_never_finishes_the_headers_is_not_waited_for(first: bytes, piece: bytes) -> None:
    with serving(Echo(), whole_seconds=60) as place:
        assert trickled(place, first, piece)


POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.usefixtures("_short")
def test_who_never_finishes_the_body_is_not_waited_for() -> None:
    app = Echo()
    with serving(app, whole_seconds=0.5) as place:
        closed = trickled(place, POST, b"x")
        until(lambda: app.gone == 1, seconds=PATIENCE, what="the application knows")

    assert closed


@pytest.mark.usefixtures("_short")
def test_bytes_after_an_early_answer_do_not_hold_the_connection() -> None:
    class Early(Echo):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse("no", status_code=401)(scope, receive, send)

    with serving(Early(), whole_seconds=0.5) as place:
        assert trickled(place, POST, b"x")


def test_a_connection_is_used_again_for_as_many_requests_as_come() -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    with (
        serving(Echo(), whole_seconds=30) as place,
        socket.create_connection(place, timeout=PATIENCE) as connection,
    ):
        for _ in range(3):
            connection.sendall(request[:20])
            connection.sendall(request[20:])
            answer = b""
            while not answer.endswith(b"hello"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")
