import hashlib
from collections.abc import Iterator

import httpx
import pytest

from tests.app.running import RunningApp, hashed

WORDS = {"mug": "stoneware mug for coffee", "lamp": "brass lamp for reading"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Ana and Ben buy mugs, Cleo a mug and lamps, Dora lamps alone."""
    keys = ",".join(
        f"{name}:{scope}:{hashlib.sha256(name.encode()).hexdigest()}"
        for name, scope in (("boss", "admin"), ("reader", "read+write"))
    )
    with RunningApp(hashed(tmp_path_factory.mktemp("people"), api_keys=keys)) as app:
        app.client.headers.update(bearer("boss"))
        items = [
            {"item_id": f"{kind}-{number}", "title": f"{words} {number}"}
            for kind, words in WORDS.items()
            for number in range(1, 5)
        ]
        app.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        app.ready()
        bought = {
            "ana": ["mug-1", "mug-2"],
            "ben": ["mug-1", "mug-3"],
            "cleo": ["mug-1", "lamp-1", "lamp-2", "lamp-3"],
            "dora": ["lamp-1"],
        }
        done = [
            {"user_id": user_id, "item_id": item_id, "type": "purchase"}
            for user_id, item_ids in bought.items()
            for item_id in item_ids
        ]
        app.client.post("/v1/interactions", json=done)
        yield app.client


def test_people_who_like_the_same_are_found_with_what_they_share(shop: httpx.Client) -> None:
    answer = shop.get("/v1/users/ana/similar")

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["user_id"] == "ana"
    assert (body["generation"], body["basis"]) == (1, "content")
    assert [each["user_id"] for each in body["people"]] == ["ben", "cleo"]
    assert body["people"][0]["likeness"] > body["people"][1]["likeness"]
    assert body["people"][0]["shared"] == [{"item_id": "mug-1", "title": WORDS["mug"] + " 1"}]
    assert body["people"][0]["shared_items"] == 1
    assert body["shortfall"]["reasons"] == ["evidence"]
    assert body["shortfall"]["found"] == 2


def test_a_list_that_is_full_has_no_shortfall(shop: httpx.Client) -> None:
    body = shop.get("/v1/users/ana/similar", params={"limit": 1}).json()

    assert [each["user_id"] for each in body["people"]] == ["ben"]
    assert "shortfall" not in body


def test_somebody_who_has_done_nothing_is_like_nobody_yet(shop: httpx.Client) -> None:
    shop.put("/v1/users/eve", json={"attributes": {"plan": "gold"}})

    body = shop.get("/v1/users/eve/similar").json()

    assert (body["people"], body["generation"], body["basis"]) == ([], None, None)
    assert body["shortfall"]["reasons"] == ["nothing_known"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/users/nobody/similar", 404),
        ("/v1/users/ana/similar?limit=0", 422),
        ("/v1/users/ana/similar?limit=101", 422),
    ],
)
def test_what_cannot_be_answered_is_a_problem(shop: httpx.Client, path: str, status: int) -> None:
    answer = shop.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_that_may_read_may_not_see_other_people(shop: httpx.Client) -> None:
    answer = shop.get("/v1/users/ana/similar", headers=bearer("reader"))

    assert answer.status_code == 403
    assert "admin" in answer.json()["detail"]
