import time
import unicodedata
from collections.abc import Callable

import httpx
import pytest

from tests.app.running import RunningApp

MUG = {
    "title": "Stoneware mug",
    "description": "Speckled and blue.",
    "image_url": None,
    "categories": ["Kitchen", "Mugs"],
    "price": 18.5,
    "available": True,
    "created_at": "2026-05-04T09:30:00Z",
    "attributes": {"brand": "o'neil", "sizes": [1, 2.5], "nested": {"deep": [None]}},
}


def test_what_was_put_is_read_back(client: httpx.Client) -> None:
    receipt = client.put("/v1/items/mug", json=MUG)
    item = client.get("/v1/items/mug")

    assert receipt.status_code == 202
    assert receipt.json()["status"] == "accepted"
    assert item.status_code == 200
    assert {name: item.json()[name] for name in MUG} == MUG
    assert item.json()["revision"] == receipt.json()["revision"] == 1


def test_putting_the_same_again_changes_nothing(client: httpx.Client) -> None:
    first = client.put("/v1/items/same", json=MUG).json()

    second = client.put("/v1/items/same", json=MUG).json()

    assert second["status"] == "unchanged"
    assert second["revision"] == first["revision"]
    assert second["operation_id"] != first["operation_id"]


def test_waiting_answers_once_the_item_is_searchable(client: httpx.Client) -> None:
    answer = client.put("/v1/items/waited?wait=searchable", json=MUG)

    assert answer.status_code == 200
    assert answer.json()["item"]["state"] == "searchable"
    status = client.get("/v1/items/waited/status").json()
    assert status["state"] == "searchable"
    assert {each["space"]: each["present"] for each in status["embedded"]} == {
        "text": True,
        "image": False,
    }
    operation = client.get(f"/v1/operations/{answer.json()['operation_id']}").json()
    assert operation["done"]
    assert operation["item_id"] == "waited"


def test_waiting_ends_when_its_time_is_over(serve: Callable[..., RunningApp]) -> None:
    client = serve(worker="none").client
    began = time.monotonic()

    answer = client.put("/v1/items/idle?wait=searchable&wait_seconds=0.3", json=MUG)

    assert answer.status_code == 202
    assert answer.json()["item"]["state"] == "received"
    assert 0.3 <= time.monotonic() - began < 5
    operation = client.get(f"/v1/operations/{answer.json()['operation_id']}").json()
    assert not operation["done"]


@pytest.mark.parametrize("query", ["wait=indexed", "wait_seconds=31", "wait_seconds=nan"])
def test_waiting_has_bounds(client: httpx.Client, query: str) -> None:
    assert client.put(f"/v1/items/x?{query}", json=MUG).status_code == 422


def test_a_patch_changes_the_fields_it_names(client: httpx.Client) -> None:
    client.put("/v1/items/patched", json=MUG)

    answer = client.patch(
        "/v1/items/patched", json={"price": None, "available": False, "categories": ["Old"]}
    )

    assert answer.status_code == 202
    item = client.get("/v1/items/patched").json()
    changed = {"price": None, "available": False, "categories": ["Old"]}
    assert {name: item[name] for name in MUG} == {**MUG, **changed}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("never-there", {"price": 1}, 404),
        ("patched-badly", {}, 422),
        ("patched-badly", {"colour": "red"}, 422),
        ("patched-badly", {"available": None}, 422),
        ("patched-badly", {"title": None, "description": None}, 422),
    ],
)
def test_a_patch_must_leave_an_item(
    client: httpx.Client, path: str, body: dict[str, object], status: int
) -> None:
    client.put("/v1/items/patched-badly", json=MUG)

    answer = client.patch(f"/v1/items/{path}", json=body)

    assert answer.status_code == status
    assert client.get("/v1/items/patched-badly").json()["title"] == MUG["title"]


def test_a_deleted_item_is_gone_and_leaves_the_index(client: httpx.Client) -> None:
    client.put("/v1/items/deleted?wait=searchable", json=MUG)

    answer = client.delete("/v1/items/deleted?wait=searchable")

    assert answer.status_code == 200
    assert answer.json()["item"]["state"] == "removed"
    assert client.get(f"/v1/operations/{answer.json()['operation_id']}").json()["done"]
    assert client.get("/v1/items/deleted").status_code == 410
    assert client.get("/v1/items/deleted/similar").status_code == 410
    assert client.delete("/v1/items/deleted").status_code == 404


def test_what_was_never_there_is_not_found(client: httpx.Client) -> None:
    for path in ("/v1/items/never", "/v1/items/never/status", "/v1/items/never/similar"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:kindred:problem:not-found"
    assert client.delete("/v1/items/never").status_code == 404
    assert client.get("/v1/operations/0b5c9c2e-6f3e-4a5d-8f6b-1c2d3e4f5a6b").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title, description or image_url"),
        ({"title": ""}, "title, description or image_url"),
        ({"title": 5}, "title"),
        ({"title": "x" * 1_001}, "title"),
        ({"title": "nul\0"}, "title"),
        ({"title": "x", "price": -1}, "price"),
        ({"title": "x", "price": "5"}, "price"),
        ({"title": "x", "price": True}, "price"),
        ({"title": "x", "available": "yes"}, "available"),
        ({"title": "x", "categories": "Mugs"}, "categories"),
        ({"title": "x", "categories": ["A"] * 65}, "categories"),
        ({"title": "x", "image_url": "ftp://shop.example/x.jpg"}, "image_url"),
        ({"title": "x", "created_at": "2026-05-04"}, "created_at"),
        ({"title": "x", "created_at": 1_700_000_000}, "created_at"),
        ({"title": "x", "created_at": "0001-01-01T00:00:00+14:00"}, "created_at"),
        ({"title": "x", "attributes": {"big": "x" * 16_001}}, "attributes"),
        ({"title": "x", "attributes": ["a"]}, "attributes"),
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": "x", "item_id": "other"}, "item_id"),
    ],
)
def test_an_item_that_breaks_a_rule_is_refused_by_its_field(
    client: httpx.Client, body: dict[str, object], field: str
) -> None:
    answer = client.put("/v1/items/broken", json=body)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:kindred:problem:invalid"
    assert field in answer.json()["detail"]
    assert client.get("/v1/items/broken").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("a%2Fstatus", 400),
        ("a%2fb", 400),
        ("%FF", 400),
        ("%2E%2E", 422),
        ("tab%09", 422),
        ("nul%00", 422),
        ("x" * 129, 422),
    ],
)
def test_an_id_that_breaks_a_rule_is_refused(client: httpx.Client, path: str, status: int) -> None:
    assert client.get(f"/v1/items/{path}").status_code == status


@pytest.mark.parametrize(
    "item_id",
    ["o'neil", "x') OR ('1'='1", '"; DROP TABLE items; --', "100%", "tasse-ü-杯-☕", "a:b"],
)
def test_an_id_may_hold_what_engines_find_special(client: httpx.Client, item_id: str) -> None:
    path = "/v1/items/" + "".join(f"%{byte:02X}" for byte in item_id.encode())

    put = client.put(f"{path}?wait=searchable", json={"title": item_id})

    assert put.status_code == 200, put.text
    assert client.get(path).json()["item_id"] == item_id
    assert client.get(f"{path}/similar").status_code == 200
    assert client.delete(f"{path}?wait=searchable").status_code == 200


def test_ids_are_compared_in_normal_form(client: httpx.Client) -> None:
    composed, decomposed = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))

    client.put(f"/v1/items/{decomposed}", json=MUG)

    assert client.get(f"/v1/items/{composed}").json()["item_id"] == composed


def test_pages_hold_every_item_once(serve: Callable[..., RunningApp]) -> None:
    client = serve(worker="none").client
    for number in range(7):
        client.put(f"/v1/items/item-{number}", json=MUG)
    client.delete("/v1/items/item-3")

    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        page = client.get("/v1/items", params=params).json()
        seen += [item["item_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [f"item-{number}" for number in range(7) if number != 3]


@pytest.mark.parametrize("cursor", ["", "x", "a2E", "%00", "a" * 65, "azk5OTk5OTk5OTk5OTk5OTk5OTk"])
def test_a_cursor_nobody_gave_is_refused(client: httpx.Client, cursor: str) -> None:
    assert client.get(f"/v1/items?cursor={cursor}").status_code == 422


def test_of_a_batch_the_valid_items_land(client: httpx.Client) -> None:
    items = [
        {"item_id": "batch-1", **MUG},
        {"item_id": "batch-2"},
        {"item_id": "a/b", **MUG},
        "no item",
        {"item_id": "batch-3", **MUG},
    ]

    answer = client.post("/v1/items:batch?wait=searchable", json={"items": items})

    assert answer.status_code == 200
    body = answer.json()
    assert (body["accepted"], body["invalid"]) == (2, 3)
    assert [each["index"] for each in body["results"]] == [0, 1, 2, 3, 4]
    assert [each["status"] for each in body["results"]] == [
        "accepted",
        "invalid",
        "invalid",
        "invalid",
        "accepted",
    ]
    assert "title, description or image_url" in body["results"][1]["problem"]
    assert body["results"][2]["problem"].startswith("items.2.item_id: ")
    assert body["results"][4]["state"] == "searchable"
    assert client.get("/v1/items/batch-3").status_code == 200


def test_a_thousand_items_land_in_one_request(serve: Callable[..., RunningApp]) -> None:
    client = serve().client
    items = [{"item_id": f"many-{number}", "title": f"Item {number}"} for number in range(1_000)]

    answer = client.post("/v1/items:batch?wait=searchable&wait_seconds=30", json={"items": items})

    assert answer.status_code == 200
    assert answer.json()["accepted"] == 1_000


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_batch_has_bounds(client: httpx.Client, count: int) -> None:
    items = [{"item_id": f"too-many-{number}", "title": "x"} for number in range(count)]

    answer = client.post("/v1/items:batch", json={"items": items})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "items"
    assert client.get("/v1/items/too-many-0").status_code == 404


def test_a_price_that_is_no_number_is_one_broken_rule_of_the_field_price(
    client: httpx.Client,
) -> None:
    answer = client.put("/v1/items/priced", json={"title": "x", "price": "5"})

    assert [error["field"] for error in answer.json()["errors"]] == ["price"]
