"""The least of an HTTP client: a benchmark's client must not cost what it measures.

httpx takes 0.6 ms a request here, http.client 0.2, this 0.05. It keeps one connection, sends bytes
made beforehand, and reads answers that state their length.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

TIMEOUT = 60.0
IDLE = 2.0
"""Seconds after which a connection is made anew: servers close idle ones, uvicorn after five."""


class Failed(Exception):
    """The answer was not 200; the message is its beginning."""


def get(path: str, port: int) -> bytes:
    """Write a GET request."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\n\r\n".encode()
    )


def post(path: str, port: int, body: bytes) -> bytes:
    """Write a POST request with JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Wire:
    """One connection to a service on this machine; a context manager."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._used = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def ask(self, request: bytes, *, expect: int = 200) -> bytes:
        """Send a request and return its answer's body.

        Raises:
            Failed: Its status is another than expected.
        """
        if time.monotonic() - self._used > IDLE:
            self._socket.close()
            self._connect()
        self._socket.sendall(request)
        held = self._rest
        while (end := held.find(b"\r\n\r\n")) < 0:
            held += self._more()
        head = held[:end].lower()
        length = _length(head)
        while len(held) < end + 4 + length:
            held += self._more()
        body, self._rest = held[end + 4 : end + 4 + length], held[end + 4 + length :]
        self._used = time.monotonic()
        if int(head[9:12]) != expect:
            raise Failed(body[:500].decode(errors="replace"))
        return body

    def _more(self) -> bytes:
        held = self._socket.recv(262_144)
        if not held:
            raise Failed("the connection was closed")
        return held


def _length(head: bytes) -> int:
    at = head.find(b"content-length:")
    if at < 0:
        raise Failed(head.decode(errors="replace"))
    return int(head[at + 15 :].split(b"\r\n", 1)[0])


def saturated(ask: Callable[[], Callable[[int], object]], *, callers: int, seconds: float) -> float:
    """How many calls a second are answered when `callers` threads call without a pause.

    Args:
        ask: Makes a caller of its own for each thread; it is told a number that grows.
        callers: Threads.
        seconds: How long; calls that began before the end count as the share before it.
    """
    counts = [0] * callers
    failures: list[Exception] = []
    ready = threading.Barrier(callers + 1)
    over = threading.Event()

    def work(me: int) -> None:
        try:
            call = ask()
            call(me)
            ready.wait()
            number = me
            while not over.is_set():
                call(number)
                counts[me] += 1
                number += callers
        except Exception as error:  # noqa: BLE001 - it is raised by who waits for the thread
            failures.append(error)
            over.set()
            ready.abort()

    threads = [threading.Thread(target=work, args=(me,)) for me in range(callers)]
    for thread in threads:
        thread.start()
    try:
        ready.wait()
        began = time.perf_counter()
        over.wait(seconds)
        answered, took = sum(counts), time.perf_counter() - began
    except threading.BrokenBarrierError:
        answered, took = 0, 1.0
    over.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return answered / took


def in_parts(requests: Sequence[bytes], port: int) -> Callable[[], Callable[[int], object]]:
    """Make callers that send these requests over a connection each."""

    def caller() -> Callable[[int], object]:
        wire = Wire(port)
        return lambda number: wire.ask(requests[number % len(requests)])

    return caller
