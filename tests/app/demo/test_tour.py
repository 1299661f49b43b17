import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.demo.catalogue import SEED, catalogue
from app.demo.people import interactions
from app.demo.tour import NEW_ITEM, Stop, stops, tour
from indexer.items import Item
from tests.service import HASHED, Service

SIMILAR = "Items like it, by words and by looks; its looks were predicted"
NEW = "A new mug; the answer comes when it can be recommended"
FOR_ADA = "And there it is for Ada, whom nobody told about it"

needs_a_shell = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("python3") is None,
    reason="the tour is pasted into a shell with curl and python3",
)


def as_json(item: Item) -> dict[str, object]:
    return {
        "item_id": item.item_id,
        "title": item.title,
        "description": item.description,
        "image_url": item.image_url,
        "categories": list(item.categories),
        "price": item.price,
        "available": item.available,
        "created_at": item.created_at.isoformat() if item.created_at else None,
        "attributes": dict(item.attributes or {}),
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    now = datetime.now(UTC)  # noqa: TID251 - the service reads the same clock
    items = catalogue(SEED, now)
    done = interactions(SEED, now, items)
    with Service(tmp_path_factory.mktemp("shop"), HASHED) as service:
        service.ready()
        for start in range(0, len(items), 100):
            batch = {"items": [as_json(item) for item in items[start : start + 100]]}
            service.client.post(
                "/v1/items:batch",
                params={"wait": "searchable", "wait_seconds": 30},
                json=batch,
            ).raise_for_status()
        for start in range(0, len(done), 500):
            rows = [
                {
                    "user_id": each.user_id,
                    "item_id": each.item_id,
                    "type": each.kind,
                    "value": each.value,
                    "timestamp": each.happened_at.isoformat(),
                    "interaction_id": each.interaction_id,
                }
                for each in done[start : start + 500]
            ]
            service.client.post("/v1/interactions", json=rows).raise_for_status()
        yield service


def pasted(stop: Stop) -> str:
    ran = subprocess.run(
        ["sh", "-c", stop.shell], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@needs_a_shell
def test_every_line_of_the_tour_works_as_pasted(shop: Service) -> None:
    answers = {stop.says: pasted(stop) for stop in stops(shop.url)}

    for says, said in answers.items():
        assert "problems/" not in said, (says, said)
    similar, new = answers[SIMILAR], json.loads(answers[NEW])
    assert len(json.loads(similar)["items"]) == 3
    assert new["item"]["state"] == "searchable"
    assert NEW_ITEM in answers[FOR_ADA]


def test_a_line_of_the_tour_fits_a_terminal() -> None:
    written = tour("http://127.0.0.1:8000")

    assert max(len(line) for line in written.splitlines()) <= 90


def test_the_tour_speaks_of_the_address_it_is_given() -> None:
    written = tour("http://127.0.0.1:9999")

    assert "127.0.0.1:9999/v1/" in written
    assert "8000" not in written
