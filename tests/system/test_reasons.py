"""Whatever people did and ask, reasons sum to scores and filters hold, on every engine."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.api.filters import filter_from
from indexer.filters import Filterable
from indexer.meaning import matches
from tests.milvus_server import MilvusServer
from tests.service import HASHED, Service, until

KINDS = ["mug", "lamp", "chair", "shoe", "book"]
COLOURS = ["red", "blue", "green"]
ITEMS = [
    {
        "item_id": f"{kind}-{number}",
        "title": f"{COLOURS[number % 3]} {kind} number {number}",
        "categories": [kind],
        "price": float(5 + number * 3),
        "attributes": {"colour": COLOURS[number % 3], "margin": number / 20},
    }
    for kind in KINDS
    for number in range(16)
]
PEOPLE = [f"person-{number}" for number in range(8)]
REQUESTS = 40


@pytest.fixture(scope="module", params=["lite", pytest.param("server", marks=pytest.mark.server)])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    settings = dict(HASHED)
    if request.param == "server":
        server = request.getfixturevalue("milvus_server")
        assert isinstance(server, MilvusServer)
        settings["KINDRED_MILVUS_URI"] = server.uri
    folder: Path = tmp_path_factory.mktemp(request.param)
    with Service(folder, settings) as service:
        service.ready()
        service.client.post("/v1/items:batch", json={"items": ITEMS}).raise_for_status()
        until(
            lambda: service.client.get("/health/ready").json()["queue"]["waiting"] == 0,
            seconds=60,
            what="everything is indexed",
        )
        done = interactions(lots(7))
        service.client.post("/v1/interactions", json=done).raise_for_status()
        yield service


def lots(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same every time, and nothing secret


def interactions(chance: random.Random) -> list[dict[str, Any]]:
    now = datetime.now(UTC)  # noqa: TID251 - the service under test reads the real clock
    done = []
    for _ in range(120):
        kind = chance.choice(["view", "like", "purchase", "dislike", "rating", "dwell"])
        valued = {"value": chance.choice([1, 2, 4, 5])} if kind in {"rating", "dwell"} else {}
        at = now - timedelta(hours=chance.expovariate(1 / 300))
        done.append(
            {
                "user_id": chance.choice(PEOPLE),
                "item_id": chance.choice(ITEMS)["item_id"],
                "type": kind,
                "timestamp": at.isoformat(),
                **valued,
            }
        )
    return done


def question(chance: random.Random) -> dict[str, Any]:
    """Ask for anything, in any way."""
    asked: dict[str, Any] = {"limit": chance.randint(1, 20), "explain": True}
    asked |= chance.choice(
        [
            {"user_id": chance.choice(PEOPLE)},
            {"user_id": chance.choice(PEOPLE), "item_id": "mug-1", "user_impact": chance.random()},
            {"positive": ["lamp-1", "book-2"], "negative": [chance.choice(ITEMS)["item_id"]]},
            {"words": "a green chair", "user_id": chance.choice(PEOPLE)},
            {"session": [{"item_id": "shoe-3", "type": "view"}]},
        ]
    )
    wishes: list[dict[str, Any]] = [
        {"filter": {"field": "price", "lt": chance.choice([20, 40])}},
        {"filter": {"not": {"field": "attributes.colour", "equals": "red"}}},
        {"weights": {"text": chance.random() + 0.01}},
        {"boosts": [{"multiply": chance.choice([0.5, 2.0]), "by": "attributes.margin"}]},
        {"boosts": [{"filter": {"field": "categories", "equals": "mug"}, "add": 0.3}]},
        {"freshness": {"half_life": "7d", "weight": 0.2}},
        {"diversity": chance.random()},
        {"exploration": chance.random()},
        {"caps": [{"field": "categories", "most": 3}]},
    ]
    for wish in chance.sample(wishes, 3):
        asked |= wish
    return asked


def filterable(item: dict[str, Any]) -> Filterable:
    created = datetime.fromisoformat(item["created_at"])
    return Filterable(
        1, item["item_id"], tuple(item["categories"]), item["price"], item["available"], created,
        item["attributes"],
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(REQUESTS))
def test_reasons_sum_to_the_score_and_filters_hold(shop: Service, seed: int) -> None:
    asked = question(lots(seed))
    fields = ["categories", "price", "available", "created_at", "attributes"]

    answer = shop.client.post("/v1/recommendations", json={**asked, "fields": fields})

    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert len({each["item_id"] for each in items}) == len(items)
    where = filter_from(asked["filter"]) if "filter" in asked else None
    for item in items:
        assert where is None or matches(where, filterable(item)), item
        assert item["because"].endswith(".")
        if "reasons" in item:
            total = math.fsum(each["amount"] for each in item["reasons"])
            assert total == pytest.approx(item["score"], abs=1e-4)
    ranked = [each for each in items if each["source"] in {"vector", "exploration"}]
    assert all(each["reasons"] for each in ranked if each["score"] != 0)
