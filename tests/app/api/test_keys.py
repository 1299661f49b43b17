import hashlib
from collections.abc import Iterator

import httpx
import pytest

from tests.app.running import RunningApp, hashed

SCOPES = {"reader": "read", "writer": "write", "both": "read+write", "boss": "admin"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The key of each name is the name itself."""
    keys = ",".join(
        f"{name}:{scopes}:{hashlib.sha256(name.encode()).hexdigest()}"
        for name, scopes in SCOPES.items()
    )
    settings = hashed(tmp_path_factory.mktemp("guarded"), api_keys=keys, worker="none")
    with RunningApp(settings) as app:
        yield app.client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "reader"},
        {"Authorization": "Basic reader"},
        {"Authorization": "Bearer"},
    ],
)
def test_without_a_key_nothing_is_answered(guarded: httpx.Client, headers: dict[str, str]) -> None:
    answer = guarded.get("/v1/items", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "urn:kindred:problem:unauthorized"


@pytest.mark.parametrize("key", ["wrong", "Reader", "reader2", "\xff"])
def test_a_wrong_key_is_refused(guarded: httpx.Client, key: str) -> None:
    headers = {b"Authorization": f"Bearer {key}".encode("latin-1")}

    assert guarded.get("/v1/items", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("key", "reads", "writes"),
    [
        ("reader", 200, 403),
        ("writer", 403, 202),
        ("both", 200, 202),
        ("boss", 200, 202),
    ],
)
def test_a_key_may_do_what_its_scopes_say(
    guarded: httpx.Client, key: str, reads: int, writes: int
) -> None:
    read = guarded.get("/v1/users/ana/for-you", headers=bearer(key))
    write = guarded.put("/v1/items/x", json={"title": "x"}, headers=bearer(key))

    assert read.status_code == reads
    assert write.status_code == writes


@pytest.mark.parametrize("key", ["reader", "writer"])
def test_whoever_reads_or_writes_may_follow_a_write(guarded: httpx.Client, key: str) -> None:
    receipt = guarded.put("/v1/items/x", json={"title": "x"}, headers=bearer("writer")).json()

    answer = guarded.get(f"/v1/operations/{receipt['operation_id']}", headers=bearer(key))

    assert answer.status_code == 200


def test_a_body_is_not_read_for_those_who_may_not_write(guarded: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}

    unknown = guarded.put("/v1/items/x", content=b"no json", headers=headers)
    reader = guarded.put("/v1/items/x", content=b"no json", headers={**headers, **bearer("reader")})

    assert unknown.status_code == 401
    assert reader.status_code == 403


def test_health_metrics_and_documentation_need_no_key(guarded: httpx.Client) -> None:
    for path in ("/health/live", "/health/ready", "/metrics", "/openapi.json"):
        assert guarded.get(path).status_code == 200


def test_every_route_under_v1_asks_for_a_key(guarded: httpx.Client) -> None:
    paths = guarded.get("/openapi.json").json()["paths"]

    for path, operations in paths.items():
        for method in operations if path.startswith("/v1/") else ():
            url = path.replace("{", "").replace("}", "")
            assert guarded.request(method, url).status_code == 401, f"{method} {path}"
