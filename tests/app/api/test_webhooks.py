from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.app.running import RunningApp, hashed

SECRET = "whsec_" + "QUJD" * 8
NEXT_SECRET = "whsec_" + "REVG" * 8
PATH = "/v1/webhooks/catalog"


def event(
    item_id: str, kind: str = "item.created", *, at: datetime | None = None, **data: object
) -> dict[str, object]:
    happened = at if at is not None else datetime.now(UTC)  # noqa: TID251 - the sender's clock
    fields = {} if kind == "item.deleted" else {"title": item_id}
    return {
        "type": kind,
        "timestamp": happened.isoformat(),
        "data": {"item_id": item_id, **fields, **data},
    }


def signed(
    client: httpx.Client,
    body: bytes,
    *,
    message: str = "msg-1",
    at: datetime | None = None,
    instead: Mapping[str, str] | None = None,
    secret: str = SECRET,
) -> httpx.Response:
    """Send a body signed as the scheme has it, with some headers replaced."""
    when = at if at is not None else datetime.now(UTC)  # noqa: TID251 - the sender's clock
    return client.post(
        PATH,
        content=body,
        headers={
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(when.timestamp())),
            "webhook-signature": Webhook(secret).sign(message, when, body.decode()),
            **(instead or {}),
        },
    )


BODY = (
    b'{"type": "item.created", "timestamp": "2026-05-04T09:30:00Z", '
    b'"data": {"item_id": "signed", "title": "x"}}'
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = hashed(tmp_path_factory.mktemp("guarded"), webhook_secret=SECRET, worker="none")
    with RunningApp(settings) as app:
        yield app.client


def test_a_created_item_is_accepted_with_an_operation(client: httpx.Client) -> None:
    answer = client.post(PATH, json=event("created"))

    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"
    assert answer.json()["item_id"] == "created"
    assert client.get(f"/v1/operations/{answer.json()['operation_id']}").status_code == 200


def test_a_webhook_can_wait_until_the_item_is_searchable(client: httpx.Client) -> None:
    answer = client.post(f"{PATH}?wait=searchable", json=event("hooked"))

    assert answer.status_code == 200
    assert answer.json()["item"]["state"] == "searchable"


def test_the_same_webhook_id_twice_is_one_operation(client: httpx.Client) -> None:
    first = client.post(PATH, json=event("twice"), headers={"webhook-id": "evt-1"}).json()

    second = client.post(PATH, json=event("twice"), headers={"webhook-id": "evt-1"}).json()

    assert second["operation_id"] == first["operation_id"]


def test_older_news_does_not_overwrite_newer(client: httpx.Client) -> None:
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    client.post(PATH, json=event("ordered", "item.updated", at=noon, title="new"))

    late = client.post(
        PATH, json=event("ordered", "item.updated", at=noon - timedelta(hours=1), title="old")
    )

    assert late.status_code == 202
    assert late.json()["status"] == "superseded"
    assert client.get("/v1/items/ordered").json()["title"] == "new"


def test_a_deletion_overtaking_its_creation_wins(client: httpx.Client) -> None:
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    deleted = client.post(PATH, json=event("overtaken", "item.deleted", at=noon, title="as it was"))

    created = client.post(PATH, json=event("overtaken", at=noon - timedelta(hours=1)))

    assert deleted.status_code == 202
    assert deleted.json()["status"] == "absent"
    assert created.json()["status"] == "superseded"
    assert client.get("/v1/items/overtaken").status_code == 410


def test_an_event_from_the_future_is_refused(client: httpx.Client) -> None:
    future = datetime.now(UTC) + timedelta(minutes=6)  # noqa: TID251 - the sender's clock

    answer = client.post(PATH, json=event("future", at=future))

    assert answer.status_code == 422
    assert "five minutes" in answer.json()["detail"]
    assert client.get("/v1/items/future").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "item.moved"}, "type"),
        ({"type": None}, "type"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"data": None}, "data"),
        ({"data": {"title": "x"}}, "data.item_id"),
        ({"data": {"item_id": "e"}}, "title, description or image_url"),
        ({"data": {"item_id": "e", "title": "x", "price": -5}}, "price"),
    ],
)
def test_an_event_that_breaks_a_rule_is_refused_by_its_field(
    client: httpx.Client, change: dict[str, object], field: str
) -> None:
    body = {name: value for name, value in {**event("e"), **change}.items() if value is not None}

    answer = client.post(PATH, json=body)

    assert answer.status_code == 422
    assert field in answer.json()["detail"]


def test_an_id_of_an_event_has_bounds(client: httpx.Client) -> None:
    for webhook_id in ("", "x" * 257):
        answer = client.post(PATH, json=event("x"), headers={"webhook-id": webhook_id})
        assert answer.status_code == 422


def test_a_right_signature_is_enough(guarded: httpx.Client) -> None:
    assert signed(guarded, BODY).status_code == 202


def test_one_of_several_signatures_is_enough(guarded: httpx.Client) -> None:
    when = datetime.now(UTC)  # noqa: TID251 - the sender's clock
    right = Webhook(SECRET).sign("msg-1", when, BODY.decode())

    answer = signed(
        guarded, BODY, at=when, instead={"webhook-signature": f"v1,QUJD v2,QUJD {right}"}
    )

    assert answer.status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,QUJD"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,not base64!"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": ""},
        {"webhook-id": "msg-2"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "soon"},
    ],
)
def test_a_wrong_signature_is_refused(guarded: httpx.Client, headers: dict[str, str]) -> None:
    answer = signed(guarded, BODY, instead=headers)

    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:kindred:problem:unauthorized"


LATIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=60) | st.just(BODY),
    headers=st.fixed_dictionaries(
        {
            "webhook-signature": LATIN
            | st.binary(max_size=40).map(lambda raw: f"v1,{b64encode(raw).decode()}")
        },
        optional={"webhook-id": LATIN, "webhook-timestamp": LATIN | st.integers().map(str)},
    ),
)
def test_no_signature_that_was_made_up_holds(
    guarded: httpx.Client, body: bytes, headers: dict[str, str]
) -> None:
    now = str(int(datetime.now(UTC).timestamp()))  # noqa: TID251 - the sender's clock
    whole = {"webhook-id": "msg-1", "webhook-timestamp": now, **headers}
    # Bytes, as any may come over the wire.
    raw = {name.encode(): value.strip().encode("latin-1") for name, value in whole.items()}

    answer = guarded.post(PATH, content=body, headers={**raw, b"content-type": b"application/json"})

    assert answer.status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_refused(guarded: httpx.Client, minutes: int) -> None:
    when = datetime.now(UTC) + timedelta(minutes=minutes)  # noqa: TID251 - the sender's clock

    assert signed(guarded, BODY, at=when).status_code == 401


def test_a_changed_body_is_refused_before_it_is_read(guarded: httpx.Client) -> None:
    answer = guarded.post(PATH, content=b"[" * 1000, headers={"content-type": "application/json"})

    assert answer.status_code == 401


def test_a_body_that_is_not_utf_8_has_no_signature(guarded: httpx.Client) -> None:
    when = datetime.now(UTC)  # noqa: TID251 - the sender's clock
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": "v1,QUJD",
    }

    assert guarded.post(PATH, content=b"\xff", headers=headers).status_code == 401


def test_while_a_secret_is_changed_the_old_and_the_new_one_hold(
    serve: Callable[..., RunningApp],
) -> None:
    other = "whsec_" + "R0hJ" * 8
    client = serve(worker="none", webhook_secret=f"{NEXT_SECRET}, {SECRET}").client

    assert signed(client, BODY, secret=SECRET).status_code == 202
    assert signed(client, BODY, secret=NEXT_SECRET).status_code == 202
    assert signed(client, BODY, secret=other).status_code == 401
    assert signed(client, BODY, instead={"webhook-timestamp": "1"}).status_code == 401


def test_a_secret_that_was_taken_out_holds_no_more(serve: Callable[..., RunningApp]) -> None:
    client = serve(worker="none", webhook_secret=NEXT_SECRET).client

    assert signed(client, BODY, secret=SECRET).status_code == 401


def test_without_a_secret_a_webhook_needs_a_key_like_any_write(
    serve: Callable[..., RunningApp],
) -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of "test"
    client = serve(worker="none", api_keys=f"shop:write:{digest}").client

    assert client.post(PATH, json=event("keyed")).status_code == 401
    allowed = client.post(PATH, json=event("keyed"), headers={"Authorization": "Bearer test"})
    assert allowed.status_code == 202
