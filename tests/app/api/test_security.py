"""What browsers are told, and what other people's pages cannot do."""

import base64
import hashlib
import re
from collections.abc import Callable

import httpx
import pytest

from app.api.security import EVERYWHERE
from app.errors import SettingsError
from app.settings import Settings
from tests.app.running import RunningApp

SHOP = "https://shop.example"
BOSS = "boss:admin:" + hashlib.sha256(b"boss").hexdigest()


def test_every_answer_says_what_browsers_must_not_do(client: httpx.Client) -> None:
    for path in ("/v1/items", "/v1/items/never", "/nowhere", "/health/live", "/openapi.json"):
        answer = client.get(path)
        for name, value in EVERYWHERE.items():
            assert answer.headers[name] == value, f"{path} {name}"


def test_answers_about_people_are_kept_by_no_cache(client: httpx.Client) -> None:
    assert client.get("/v1/users/ana/for-you").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in client.get("/docs").headers


def test_on_the_page_of_documents_its_own_scripts_run_and_no_others(client: httpx.Client) -> None:
    page = client.get("/docs")

    policy = page.headers["Content-Security-Policy"]
    [rule] = re.findall(r"script-src ([^;]*);", policy)
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inline]
    assert rule.split() == ["'self'", *(f"'sha256-{each}'" for each in hashes)]
    assert inline
    assert "unsafe-inline" not in rule
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"""(src|href)=["']https?:""", page.text)  # all of it is 'self'


def preflight(client: httpx.Client, origin: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "Authorization, Content-Type",
    }
    return client.options("/v1/recommendations", headers=headers)


def test_pages_of_other_origins_can_do_nothing_by_default(client: httpx.Client) -> None:
    asked = preflight(client, SHOP)
    answer = client.get("/v1/items", headers={"Origin": SHOP})

    assert asked.status_code == 405
    for each in (asked, answer):
        assert not any(name.startswith("access-control-") for name in each.headers)


def test_pages_of_the_origins_that_were_named_may_call(serve: Callable[..., RunningApp]) -> None:
    client = serve(worker="none", api_keys=BOSS, cors_origins=f"{SHOP}, https://b.example").client

    allowed = preflight(client, SHOP)
    refused = preflight(client, "https://evil.example")
    unauthorized = client.get("/v1/items", headers={"Origin": SHOP})

    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    assert "Access-Control-Allow-Origin" not in refused.headers
    # A page can read why it was refused, and the request's id.
    assert unauthorized.status_code == 401
    assert unauthorized.headers["Access-Control-Allow-Origin"] == SHOP
    assert "X-Request-ID" in unauthorized.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "origin",
    ["shop.example", f"{SHOP}/", f"{SHOP}/path", "ftp://shop.example", "https://a b", "null", "**"],
)
def test_what_is_no_origin_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(SettingsError, match="no origin"):
        Settings.from_environment({"KINDRED_CORS_ORIGINS": origin})


def test_every_origin_is_allowed_only_where_keys_are_asked_for() -> None:
    with pytest.raises(SettingsError, match="no key is asked for"):
        Settings.from_environment({"KINDRED_CORS_ORIGINS": "*"})

    assert Settings.from_environment({"KINDRED_CORS_ORIGINS": "*", "KINDRED_REQUIRE_KEY": "true"})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
    ],
)
def test_without_keys_a_foreign_name_that_leads_here_reads_nothing(
    client: httpx.Client, host: str
) -> None:
    answer = client.get("/v1/items", headers={"Host": host})

    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "kindred.localhost", "[::1]:80"])
def test_without_keys_every_name_of_this_machine_will_do(client: httpx.Client, host: str) -> None:
    assert client.get("/v1/items", headers={"Host": host}).status_code == 200


def test_with_keys_any_name_will_do(serve: Callable[..., RunningApp]) -> None:
    client = serve(worker="none", api_keys=BOSS).client
    headers = {"Host": "kindred.shop.example", "Authorization": "Bearer boss"}

    assert client.get("/v1/items", headers=headers).status_code == 200


INJECTED = "x\r\nSet-Cookie: stolen=1"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/items/x%0d%0aSet-Cookie:%20stolen=1",
        "/v1/items?cursor=x%0d%0aSet-Cookie:%20stolen=1",
        "/v1/users/x%0d%0aSet-Cookie:%20stolen=1/for-you",
        "/x%0d%0aSet-Cookie:%20stolen=1",
    ],
)
def test_nothing_that_is_asked_becomes_a_header(client: httpx.Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in {404, 422}
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Request-ID"].isalnum()
