"""Searching with the real text model, in the demo shop."""

from collections.abc import Iterator

import httpx
import pytest

from app.clock import utc_now
from app.demo.catalogue import SEED, catalogue
from app.settings import Settings
from tests.app.running import RunningApp

KINDS = ("mug", "chair", "umbrella", "guitar")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A shop with one thing in it."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("shop"), image_model="none")
    with RunningApp(settings) as app:
        app.ready()
        app.put("first", title="A leather football")
        yield app.client


@pytest.fixture(scope="module")
def stock() -> list[dict[str, object]]:
    return [
        {
            "item_id": item.item_id,
            "title": item.title,
            "description": item.description,
            "categories": item.categories,
        }
        for item in catalogue(SEED, utc_now())
        if item.item_id.rpartition("-")[0] in KINDS
    ]


def found(shop: httpx.Client, words: str, *, limit: int) -> list[str]:
    answer = shop.get("/v1/search", params={"q": words, "limit": limit})
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()["items"]]


def test_a_search_is_answered_while_a_catalogue_is_embedded(
    shop: httpx.Client, stock: list[dict[str, object]]
) -> None:
    began = shop.post("/v1/items:batch", json={"items": stock})
    assert began.status_code == 202, began.text

    seen: set[str] = set()
    for number in range(1_000):
        answer = shop.get("/v1/search", params={"q": f"a ball, number {number}", "limit": 1})
        seen.update(answer.json()["shortfall"]["reasons"] if "shortfall" in answer.json() else ())
        assert answer.json()["items"][0]["source"] == "vector"
        if shop.get("/health/ready").json()["queue"]["waiting"] == 0:
            break

    assert number >= 2
    assert seen == set()


def test_words_find_what_is_meant_without_sharing_a_word(
    shop: httpx.Client, stock: list[dict[str, object]]
) -> None:
    shop.post("/v1/items:batch?wait=searchable", json={"items": stock})

    warm = found(shop, "something warm to drink coffee from", limit=81)
    rain = found(shop, "keeps me dry in bad weather", limit=5)
    music = found(shop, "I would like to learn an instrument", limit=5)

    kinds = [each.rpartition("-")[0] for each in warm]
    assert kinds[:5] == ["mug"] * 5
    assert kinds.index("mug") < kinds.index("chair")
    assert {each.rpartition("-")[0] for each in rain} == {"umbrella"}
    assert {each.rpartition("-")[0] for each in music} == {"guitar"}
