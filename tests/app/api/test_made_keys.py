"""Keys that are made, limited, revoked and audited while services run."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.access.audit import Actor
from app.clock import utc_now
from app.values import Rate
from tests.app.running import RunningApp, hashed
from tests.service import until

BOSS = "boss:admin:" + hashlib.sha256(b"boss").hexdigest()
OPS = Actor("command line (ops)")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[RunningApp, RunningApp]]:
    """Two services on one database, as two processes would be."""
    with ExitStack() as stack:
        settings = hashed(tmp_path, worker="none")
        yield (
            stack.enter_context(RunningApp(settings)),
            stack.enter_context(RunningApp(settings)),
        )


def test_a_key_holds_on_every_service_soon_and_stops_soon_when_it_is_revoked(
    pair: tuple[RunningApp, RunningApp],
) -> None:
    here, there = pair
    assert there.client.get("/v1/items").status_code == 200

    key, _ = here.services.keys.make("shop", ["read"], by=OPS, now=utc_now())

    for app in pair:
        until(
            lambda app=app: app.client.get("/v1/items").status_code == 401,  # type: ignore[misc]
            seconds=20,
            what="a key is asked for",
        )
        assert app.client.get("/v1/items", headers=bearer(key)).status_code == 200

    here.services.keys.revoke("shop", by=OPS, now=utc_now())
    for app in pair:
        until(
            lambda app=app: (  # type: ignore[misc]
                app.client.get("/v1/items", headers=bearer(key)).status_code == 401
            ),
            seconds=20,
            what="the key is refused",
        )


def test_the_last_use_of_a_key_is_kept_when_a_service_stops(tmp_path: Path) -> None:
    settings = hashed(tmp_path, worker="none")
    with RunningApp(settings) as app:
        key, _ = app.services.keys.make("shop", ["read"], by=OPS, now=utc_now())
        app.services.live_keys.refresh()
        used = utc_now()
        app.client.get("/v1/items", headers=bearer(key))

    with RunningApp(settings) as app:
        [stored] = app.services.keys.all()

    assert stored.last_used_at is not None
    assert used - timedelta(minutes=1) <= stored.last_used_at <= utc_now()


class Clock:
    """The time, and how far a test moved it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


def test_an_expired_key_is_refused(tmp_path: Path) -> None:
    clock = Clock()
    with RunningApp(hashed(tmp_path, worker="none"), now=clock) as app:
        key, _ = app.services.keys.make(
            "shop", ["read"], by=OPS, now=clock(), expires_at=clock() + timedelta(days=1)
        )
        app.services.live_keys.refresh()

        before = app.client.get("/v1/items", headers=bearer(key))
        clock.ahead = timedelta(days=2)
        after = app.client.get("/v1/items", headers=bearer(key))

    assert (before.status_code, after.status_code) == (200, 401)


def test_a_key_that_calls_too_often_is_told_when_to_come_back(
    serve: Callable[..., RunningApp],
) -> None:
    app = serve(worker="none", api_keys=BOSS, key_rate="1000/d")
    key, _ = app.services.keys.make("shop", ["read"], by=OPS, now=utc_now(), rate=Rate(2, 86_400))
    app.services.live_keys.refresh()

    answers = [app.client.get("/v1/items", headers=bearer(key)) for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert [each.headers["RateLimit"].partition(";t=")[0] for each in answers] == [
        '"key";r=1',
        '"key";r=0',
        '"key";r=0',
    ]
    assert {each.headers["RateLimit-Policy"] for each in answers} == {'"key";q=2;w=86400'}
    refused = answers[-1]
    assert 43_000 < int(refused.headers["Retry-After"]) <= 43_200
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:kindred:problem:too-many-requests"
    assert refused.json()["violated-policies"] == ["key"]
    # Others have their own, by default that of the settings.
    boss = app.client.get("/v1/items", headers=bearer("boss"))
    assert boss.headers["RateLimit-Policy"] == '"key";q=1000;w=86400'


def test_a_key_of_the_settings_can_have_a_rate_of_its_own(
    serve: Callable[..., RunningApp],
) -> None:
    app = serve(worker="none", api_keys=f"{BOSS}:1/d")

    answers = [app.client.get("/v1/items", headers=bearer("boss")) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 429]


def test_where_no_rate_is_set_nothing_is_said_of_one(serve: Callable[..., RunningApp]) -> None:
    app = serve(worker="none", api_keys=BOSS)

    answer = app.client.get("/v1/items", headers=bearer("boss"))

    assert "RateLimit" not in answer.headers


def test_a_service_that_requires_a_key_has_no_open_moment(
    serve: Callable[..., RunningApp],
) -> None:
    app = serve(worker="none", require_key="true", host="0.0.0.0")

    assert app.client.get("/v1/items").status_code == 401


@pytest.fixture
def administered(serve: Callable[..., RunningApp]) -> RunningApp:
    """A service whose scenario was written twice and deleted."""
    app = serve(worker="none", api_keys=BOSS)
    app.client.headers.update(bearer("boss"))
    for limit in (5, 6):
        body = {"defaults": {"limit": limit}}
        headers = {"X-Request-ID": f"put-{limit}"}
        assert app.client.put("/v1/scenarios/sale", json=body, headers=headers).is_success
    # Writing what is there already changes nothing, and neither does what fails.
    assert app.client.put("/v1/scenarios/sale", json={"defaults": {"limit": 6}}).is_success
    assert app.client.delete("/v1/scenarios/never").status_code == 404
    assert app.client.delete("/v1/scenarios/sale").is_success
    return app


def test_the_audit_log_tells_who_changed_what_by_which_request(administered: RunningApp) -> None:
    answer = administered.client.get("/v1/audit").json()

    told = [(each["action"], each["target"], each["detail"]) for each in answer["entries"]]
    assert told == [
        ("scenario.delete", "sale", {"version": 3}),
        ("scenario.put", "sale", {"version": 2}),
        ("scenario.put", "sale", {"version": 1}),
    ]
    assert {each["actor"] for each in answer["entries"]} == {"boss"}
    assert answer["entries"][2]["request_id"] == "put-5"
    assert answer["next_cursor"] is None


def test_the_audit_log_goes_on_page_by_page(administered: RunningApp) -> None:
    client = administered.client
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"/v1/audit?limit=1{cursor and '&cursor=' + cursor}").json()
        found += [each["detail"]["version"] for each in page["entries"]]
        cursor = page["next_cursor"]

    assert found == [3, 2, 1]
    assert client.get("/v1/audit?cursor=nonsense").status_code == 422


def test_the_audit_log_is_for_those_who_administer(serve: Callable[..., RunningApp]) -> None:
    reader = "reader:read+write:" + hashlib.sha256(b"reader").hexdigest()
    app = serve(worker="none", api_keys=f"{BOSS},{reader}")

    def status(key: str) -> int:
        answer: httpx.Response = app.client.get("/v1/audit", headers=bearer(key))
        return answer.status_code

    assert (status("boss"), status("reader")) == (200, 403)
