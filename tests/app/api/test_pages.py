"""Going on with an answer over HTTP: nothing twice, everything once."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.memory import MemoryStore
from tests.app.running import RunningApp, hashed

WORDS = (
    "stoneware mug for coffee and tea",
    "brass lamp for desk and reading",
    "leather shoe for walking and rain",
    "linen shirt for summer and sea",
)
COUNT = 600
"""Items of the large shop; a sixth cannot be had."""

SLOW = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])


def items(count: int) -> list[dict[str, Any]]:
    """Make items of four kinds, each with words of its own besides."""
    return [
        {
            "item_id": f"item-{number}",
            "title": f"{WORDS[number % 4]} {number * 37 % 50} no{number}",
            "categories": [WORDS[number % 4].split()[1]],
            "price": float(number % 30),
            "available": number % 6 != 0,
        }
        for number in range(count)
    ]


def filled(app: RunningApp, count: int) -> None:
    made = items(count)
    for start in range(0, count, 200):
        body = {"items": made[start : start + 200]}
        app.client.post("/v1/items:batch?wait=searchable", json=body).raise_for_status()
    app.ready()


def did(client: httpx.Client, user_id: str, kind: str, *numbers: int) -> None:
    sent = [{"user_id": user_id, "item_id": f"item-{each}", "type": kind} for each in numbers]
    client.post("/v1/interactions", json=sent).raise_for_status()


def page(client: httpx.Client, path: str, **query: object) -> dict[str, Any]:
    answer = client.get(path, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [each["item_id"] for each in answer["items"]]


def number_of(item_id: str) -> int:
    return int(item_id.removeprefix("item-"))


def pages(client: httpx.Client, path: str, sizes: list[int], **query: object) -> list[list[str]]:
    """Ask for one page after another, sizes going round, until there is no next."""
    answer = page(client, path, limit=sizes[0], **query)
    shown = [ids(answer)]
    while "next" in answer:
        size = sizes[len(shown) % len(sizes)]
        answer = page(client, path, limit=size, next=answer["next"])
        shown.append(ids(answer))
    return shown


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Six hundred items; Ana likes mugs and lamps, and many look at some things."""
    with RunningApp(hashed(tmp_path_factory.mktemp("large"))) as app:
        filled(app, COUNT)
        did(app.client, "ana", "purchase", 4, 8, 5, 9)
        for visitor in range(20):
            did(app.client, f"visitor-{visitor}", "view", *range(1, 100, visitor + 1))
        yield app


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Forty-eight items, forty of which can be had; Ana bought two of them."""
    with RunningApp(hashed(tmp_path_factory.mktemp("small"))) as app:
        filled(app, 48)
        did(app.client, "ana", "purchase", 1, 2)
        did(app.client, "bob", "view", *range(3, 40))
        yield app


SIZES = st.lists(st.integers(20, 120), min_size=1, max_size=5)


@SLOW
@given(
    path=st.sampled_from(
        ["/v1/users/ana/for-you", "/v1/items/item-7/similar", "/v1/users/nobody/for-you"]
    ),
    sizes=SIZES,
)
def test_five_hundred_items_deep_nothing_is_shown_twice(
    shop: RunningApp, path: str, sizes: list[int]
) -> None:
    shown = pages(shop.client, path, sizes)

    every = [each for one in shown for each in one]
    admissible = {each["item_id"] for each in items(COUNT) if each["available"]}
    known = {"item-4", "item-8", "item-5", "item-9"} if "ana" in path else set()
    asked = {"item-7"} if "item-7" in path else set()
    assert sorted(every) == sorted(admissible - known - asked)
    lengths = [len(one) for one in shown]
    assert lengths[:-1] == [sizes[number % len(sizes)] for number in range(len(shown) - 1)]


@SLOW
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    diversity=st.sampled_from([0, 0.5, 1]),
    exploration=st.sampled_from([0, 0.3, 1]),
    interest=st.sampled_from([None, "session"]),
    price_min=st.sampled_from([0, 10]),
)
def test_to_the_end_every_admissible_item_is_shown_once(
    small: RunningApp,
    sizes: list[int],
    diversity: float,
    exploration: float,
    interest: str | None,
    price_min: float,
) -> None:
    asked: dict[str, object] = {"diversity": diversity, "exploration": exploration}
    asked |= {"price_min": price_min} | ({"interest": interest} if interest else {})

    shown = pages(small.client, "/v1/users/ana/for-you", sizes, **asked)

    admissible = {
        each["item_id"] for each in items(48) if each["available"] and each["price"] >= price_min
    }
    every = [each for one in shown for each in one]
    assert sorted(every) == sorted(admissible - {"item-1", "item-2"})


@pytest.mark.parametrize("path", ["/v1/popular", "/v1/trending"])
def test_what_is_popular_goes_on_until_nothing_was_counted(small: RunningApp, path: str) -> None:
    shown = pages(small.client, path, [4, 7])

    every = [each for one in shown for each in one]
    counted = {f"item-{number}" for number in range(1, 40) if number % 6}
    assert sorted(every) == sorted(counted)


def test_a_filled_list_goes_on_from_source_to_source(small: RunningApp) -> None:
    query: dict[str, object] = {"limit": 10, "weight.image": 1}  # in which nobody is known
    answer = page(small.client, "/v1/users/ana/for-you", **query)
    sources = [each["source"] for each in answer["items"]]
    while "next" in answer:
        answer = page(small.client, "/v1/users/ana/for-you", next=answer["next"])
        sources += [each["source"] for each in answer["items"]]

    assert len(sources) == 38
    assert {"trending", "newest"} <= {*sources}


def test_what_somebody_does_meanwhile_changes_the_next_answer_but_no_following_page(
    shop: RunningApp,
) -> None:
    path = "/v1/users/eve/for-you"
    did(shop.client, "eve", "like", 4, 8)
    first = page(shop.client, path, limit=8)
    second = page(shop.client, path, next=first["next"])
    third = page(shop.client, path, next=second["next"])

    did(shop.client, "eve", "purchase", *map(number_of, ids(first)[:2]))
    did(shop.client, "eve", "dislike", *map(number_of, ids(first)[2:4]))

    assert ids(page(shop.client, path, next=first["next"])) == ids(second)
    assert ids(page(shop.client, path, next=second["next"])) == ids(third)
    assert ids(page(shop.client, path, limit=8)) != ids(first)


def test_what_somebody_touches_or_hides_meanwhile_is_left_out_and_the_rest_stays(
    shop: RunningApp,
) -> None:
    path = "/v1/users/eva/for-you"
    did(shop.client, "eva", "like", 4, 8)
    first = page(shop.client, path, limit=8)
    second = ids(page(shop.client, path, next=first["next"]))

    did(shop.client, "eva", "hide", number_of(second[3]))

    after = ids(page(shop.client, path, next=first["next"]))
    assert after[:7] == [*second[:3], *second[4:]]


def test_the_pages_of_an_answer_are_the_list_it_would_have_been_at_once(shop: RunningApp) -> None:
    path = "/v1/items/item-7/similar"
    whole = ids(page(shop.client, path, limit=60))

    shown = pages(shop.client, path, [20])

    assert [each for one in shown[:3] for each in one] == whole


def test_every_page_has_an_id_of_its_own(small: RunningApp) -> None:
    first = page(small.client, "/v1/items/item-7/similar", limit=5)
    second = page(small.client, "/v1/items/item-7/similar", next=first["next"])

    assert first["recommendation_id"] != second["recommendation_id"]


def test_items_deleted_meanwhile_are_not_shown_and_hinder_nothing(tmp_path: Path) -> None:
    with RunningApp(hashed(tmp_path)) as app:
        filled(app, 24)
        whole = ids(page(app.client, "/v1/items/item-7/similar", limit=24))
        first = page(app.client, "/v1/items/item-7/similar", limit=5)

        app.client.delete(f"/v1/items/{whole[6]}?wait=searchable").raise_for_status()
        app.client.delete(f"/v1/items/{whole[2]}?wait=searchable").raise_for_status()
        app.put("item-new", title=WORDS[3])
        answer, shown = first, ids(first)
        while "next" in answer:
            answer = page(app.client, "/v1/items/item-7/similar", next=answer["next"])
            shown += ids(answer)

    assert whole[6] not in shown
    assert len(shown) == len({*shown})
    assert {*shown} == {*whole} - {whole[6]} | {"item-new"}


def test_any_replica_goes_on_also_after_a_restart(tmp_path: Path) -> None:
    store = MemoryStore()
    with RunningApp(hashed(tmp_path), store=store) as one:
        filled(one, 24)
        first = page(one.client, "/v1/items/item-7/similar", limit=5)
        with RunningApp(hashed(tmp_path, worker="none"), store=store) as other:
            other.ready()
            second = page(other.client, "/v1/items/item-7/similar", next=first["next"])
    with RunningApp(hashed(tmp_path), store=store) as later:
        later.ready()
        third = page(later.client, "/v1/items/item-7/similar", next=second["next"])
        whole = ids(page(later.client, "/v1/items/item-7/similar", limit=15))

    assert ids(first) + ids(second) + ids(third) == whole


def test_next_is_refused_when_it_is_too_old(tmp_path: Path) -> None:
    late = [timedelta(0)]
    with RunningApp(hashed(tmp_path), now=lambda: datetime.now(UTC) + late[0]) as app:  # noqa: TID251 - a clock that is moved
        filled(app, 12)
        first = page(app.client, "/v1/items/item-7/similar", limit=2)
        late[0] = timedelta(minutes=31)

        answer = app.client.get("/v1/items/item-7/similar", params={"next": first["next"]})

    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:kindred:problem:next-expired"
    assert "30 minutes" in answer.json()["detail"]


def test_next_is_refused_when_it_is_none_or_was_changed(small: RunningApp) -> None:
    token = page(small.client, "/v1/items/item-7/similar", limit=2)["next"]
    middle = len(token) // 2
    swapped = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]

    for each in ("abc", swapped, token[:-1], token + "A", "é"):
        answers = [
            small.client.get("/v1/items/item-7/similar", params={"next": each}),
            small.client.post("/v1/recommendations", json={"next": each}),
            small.client.post("/v1/sessions/for-you", json={"next": each}),
        ]
        for answer in answers:
            assert answer.status_code == 400
            assert answer.json()["type"] == "urn:kindred:problem:next-unreadable"


def test_next_is_refused_where_it_does_not_belong(small: RunningApp) -> None:
    token = page(small.client, "/v1/users/ana/for-you", limit=2, price_min=3)["next"]

    answers = [
        small.client.get("/v1/users/bob/for-you", params={"next": token}),
        small.client.get("/v1/popular", params={"next": token}),
        small.client.get("/v1/users/ana/for-you", params={"next": token, "price_min": "4"}),
        small.client.post("/v1/recommendations", json={"next": token, "item_id": "item-7"}),
        small.client.post("/v1/sessions/for-you", json={"next": token}),
    ]

    for answer in answers:
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"] == "urn:kindred:problem:next-contradicted"


def test_a_body_goes_on_with_what_parameters_began(small: RunningApp) -> None:
    first = page(small.client, "/v1/users/ana/for-you", limit=3, category="mug")
    second = page(small.client, "/v1/users/ana/for-you", next=first["next"])

    answer = small.client.post(
        "/v1/recommendations", json={"next": first["next"], "limit": 3, "fields": ["price"]}
    )

    assert ids(answer.json()) == ids(second)
    assert {"price"} == answer.json()["items"][0].keys() - {
        "item_id", "score", "source", "interest"
    }  # fmt: skip


def test_a_session_goes_on_without_being_sent_again(small: RunningApp) -> None:
    seen = [{"item_id": "item-1", "type": "view"}, {"item_id": "item-nowhere", "type": "view"}]
    first = small.client.post("/v1/sessions/for-you", json={"interactions": seen, "limit": 20})
    again = {"next": first.json()["next"], "interactions": seen}

    second = small.client.post("/v1/sessions/for-you", json={"next": first.json()["next"]})

    assert {*ids(first.json())}.isdisjoint(ids(second.json()))
    assert len(ids(second.json())) == 19
    assert ids(small.client.post("/v1/sessions/for-you", json=again).json()) == ids(second.json())


def test_a_next_too_long_for_a_url_is_given_to_bodies_alone(small: RunningApp) -> None:
    excluded = [
        hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(300)
    ]

    posted = small.client.post(
        "/v1/recommendations", json={"item_id": "item-7", "limit": 2, "exclude": excluded}
    )
    asked = small.client.get("/v1/items/item-7/similar", params={"limit": 2, "exclude": excluded})

    assert len(posted.json()["next"]) > 8_000
    assert "next" not in asked.json()
    assert ids(asked.json()) == ids(posted.json())
    more = small.client.post("/v1/recommendations", json={"next": posted.json()["next"]})
    assert len(ids(more.json())) == 2
