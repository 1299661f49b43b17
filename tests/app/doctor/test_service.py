import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from app.doctor import service
from app.settings import Settings
from tests.app.running import RunningApp, hashed
from tests.service import free_port


def at(port: int, **given: str) -> Settings:
    environ = {"KINDRED_PORT": str(port), **{f"KINDRED_{k.upper()}": v for k, v in given.items()}}
    return Settings.from_environment(environ)


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """Serve one answer to everything, on a free port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_service_that_is_ready_is_well(tmp_path: Path) -> None:
    with RunningApp(hashed(tmp_path)) as app:
        app.ready()
        port = httpx.URL(app.client.base_url).port
        assert port is not None

        told, found = service.ask(at(port))

    assert told is not None
    assert told.generation == 1
    assert found.verdict == "ok"
    assert found.seen == f"http://127.0.0.1:{port} is ready"


@pytest.mark.parametrize(
    ("status", "problems", "verdict"),
    [
        ("ready", ["UNTRAINED weights"], "warn"),
        ("degraded", ["the index is loading"], "warn"),
        ("down", ["the database did not answer"], "fail"),
    ],
)
def test_a_service_that_is_not_well_says_why(
    status: str, problems: list[str], verdict: str
) -> None:
    body = {"status": status, "index": None, "generation": None, "problems": problems}
    with answering(json.dumps(body).encode()) as port:
        _, found = service.ask(at(port))

    assert found.verdict == verdict
    assert problems[0] in found.seen


def test_nobody_need_be_there() -> None:
    told, found = service.ask(at(free_port()))

    assert (told, found.verdict) == (None, "skip")
    assert "nobody listens" in found.seen


def test_a_port_that_is_chosen_at_the_start_cannot_be_asked() -> None:
    assert service.ask(at(0))[1].verdict == "skip"


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[1]"])
def test_what_is_no_kindred_is_told_from_one(body: bytes) -> None:
    with answering(body) as port:
        told, found = service.ask(at(port))

    assert (told, found.verdict) == (None, "warn")
    assert "KINDRED_PORT" in str(found.advice)


def test_a_service_that_hangs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told, found = service.ask(at(silent.getsockname()[1]))

    assert (told, found.verdict) == (None, "fail")
    assert "did not answer" in found.seen


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("[::1]", "http://[::1]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("kindred.example", "http://kindred.example:8000"),
    ],
)
def test_a_service_is_asked_where_it_can_be_reached_from_here(host: str, expected: str) -> None:
    keys = {"api_keys": f"shop:read:{'0' * 64}"}

    assert service.address(at(8000, host=host, **keys)) == expected
