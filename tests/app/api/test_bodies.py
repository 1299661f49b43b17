import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.bodies import MAX_DEPTH, parsed
from app.errors import BadRequest

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_json_can_say_is_read_as_it_was_said(value: object, ascii_only: bool) -> None:
    assert parsed(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        value = parsed(body)
    except BadRequest:
        return

    assert json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"price": NaN}', "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"[1e999]", "too large"),
        (b"[" + b"1" * 30 + b"]", "20 digits"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (b'{"a": {"b": [1, 2}}', "line 1 column 18"),
        (b'["\xff"]', "not UTF-8 at byte 2"),
        (b'["\\ud800"]', "surrogate"),
        (b"[" * 100_000, "deeper than"),
        (b'{"a":' * 100_000, "deeper than"),
        (b'["unfinished', "not JSON"),
        (b"\xef\xbb\xbf[]", "not JSON"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(body: bytes, told: str) -> None:
    with pytest.raises(BadRequest) as raised:
        parsed(body)

    assert told in raised.value.detail


def test_brackets_in_strings_do_not_nest() -> None:
    text = '[{"' * 100 + '\\"[[[' * 100

    assert parsed(json.dumps([text]).encode()) == [text]


def test_the_deepest_body_that_is_taken_is_read() -> None:
    assert parsed(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
    with pytest.raises(BadRequest):
        parsed(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def test_a_body_that_is_not_json_is_a_bad_request(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}

    answer = client.put("/v1/items/x", content=b'{"price": NaN}', headers=headers)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:kindred:problem:bad-request"


def test_a_large_body_is_read_off_the_event_loop_with_the_same_rules(
    client: httpx.Client,
) -> None:
    body = b'{"title": "%s", "price": Infinity}' % (b"x" * 200_000)

    answer = client.put(
        "/v1/items/x", content=body, headers={"Content-Type": "application/merge+json"}
    )

    assert answer.status_code == 400
    assert "Infinity" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_must_say_that_it_is_json(client: httpx.Client, kind: str) -> None:
    answer = client.put("/v1/items/x", content=b"{}", headers={"Content-Type": kind})

    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:kindred:problem:unsupported-media-type"


def test_an_announced_huge_body_is_refused(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/items:batch",
        content=b" " * 10_000_001,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:kindred:problem:too-large"
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]


def test_a_huge_body_that_comes_in_pieces_is_refused(client: httpx.Client) -> None:
    pieces = (b" " * 1_000_000 for _ in range(11))

    answer = client.post(
        "/v1/items:batch", content=pieces, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
