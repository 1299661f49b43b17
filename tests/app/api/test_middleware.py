import io
import json
import logging
from typing import Any

import httpx
import pytest

from app.settings import Settings
from app.telemetry import configure_logging
from tests.app.running import RunningApp
from tests.service import until


def lines(stream: io.StringIO, request_id: str) -> list[dict[str, Any]]:
    """Read a request's lines; its last one is written a moment after the answer."""

    def found() -> list[dict[str, Any]]:
        every = [json.loads(line) for line in stream.getvalue().splitlines()]
        return [each for each in every if each.get("request_id") == request_id]

    until(
        lambda: "request" in [each["event"] for each in found()],
        seconds=5,
        what="the request is logged",
    )
    return found()


@pytest.mark.parametrize("given", ["order-81:2", "A.b_c-9", "x" * 128])
def test_a_request_id_comes_back(client: httpx.Client, given: str) -> None:
    answer = client.get("/v1/items/never", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] == given
    assert answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "two words", "a\tb", '{"a":1}', "é"])
def test_a_request_id_that_could_harm_is_replaced(client: httpx.Client, given: str) -> None:
    headers = {b"X-Request-ID": given.encode()}

    first = client.get("/health/live", headers=headers).headers["X-Request-ID"]
    second = client.get("/health/live", headers=headers).headers["X-Request-ID"]

    assert given != first != second
    assert len(first) == 32


def test_a_request_is_one_line_of_json_that_names_nobody(
    client: httpx.Client, logged: io.StringIO
) -> None:
    client.get("/v1/users/private-person/for-you", headers={"X-Request-ID": "one-line"})

    (line,) = lines(logged, "one-line")
    assert line["event"] == "request"
    assert line["route"] == "/v1/users/{user_id}/for-you"
    assert (line["method"], line["status"], line["level"]) == ("GET", 200, "info")
    assert line["milliseconds"] > 0
    assert "private-person" not in logged.getvalue()


def test_a_fault_is_logged_with_where_it_happened(
    running: RunningApp, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(running.services.catalogue, "page", broken)

    running.client.get("/v1/items", headers={"X-Request-ID": "faulty"})

    found = lines(logged, "faulty")
    assert [each["event"] for each in found] == ["unexpected_error", "request"]
    assert "no such luck" in found[0]["exception"]
    assert found[1]["status"] == 500


def test_logs_can_be_read_by_eyes() -> None:
    stream = io.StringIO()
    configure_logging(Settings(log_format="console"), stream=stream, least="warning")
    try:
        logging.getLogger("somewhere").warning("something %s", "odd")
        logging.getLogger("somewhere").info("nothing odd")
    finally:
        configure_logging(Settings(), least="error")

    assert "something odd" in stream.getvalue()
    assert "nothing odd" not in stream.getvalue()


def test_what_is_not_there_is_a_problem_document(client: httpx.Client) -> None:
    for method, path, status, kind in (
        ("GET", "/v2/items", 404, "not-found"),
        ("GET", "/v1/items/", 404, "not-found"),
        ("DELETE", "/v1/items", 405, "method-not-allowed"),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == f"urn:kindred:problem:{kind}"
    assert "GET" in client.delete("/v1/items").headers["Allow"]


def test_a_problem_shows_a_wrong_value_shortened(client: httpx.Client) -> None:
    answer = client.put("/v1/items/x", json={"title": "x", "price": "1" * 500})

    (error, *_) = answer.json()["errors"]
    assert error["field"].startswith("price")
    assert len(error["value"]) == 80
