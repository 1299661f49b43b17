"""How soon is a new item recommended? From the webhook to `searchable`, on Lite and on a server.

    python -m bench.freshness [--items 200] [--engine lite|server|both]

Starts the service as a user would, with the real text and image models, fills it with the demo
catalogue, then sends one webhook after another, each with words and a picture, and asks for the
item's status until it says searchable. Then the item must be in `similar` of an item like it, and
in the for-you of a person with that taste, at once. Needs the `test` extra for the server.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.demo.catalogue import catalogue
from bench.machine import describe
from indexer.items import Item
from tests.milvus_server import running_milvus_server
from tests.service import Service, until

SEED = 20
HELD_BACK = "fresh-"


@dataclass(frozen=True, slots=True)
class Timing:
    """One new item, in seconds.

    Attributes:
        answered: Until the webhook was answered.
        searchable: Until its status said searchable, counted from the webhook.
        similar, for_you: Whether it was in the next answer.
    """

    answered: float
    searchable: float
    similar: bool
    for_you: bool


def as_json(item: Item, item_id: str) -> dict[str, object]:
    """An item of the demo catalogue under another id, as a webhook carries it."""
    return {
        "item_id": item_id,
        "title": item.title,
        "description": item.description,
        "image_url": item.image_url,
        "categories": list(item.categories),
        "price": item.price,
        "attributes": dict(item.attributes or {}),
    }


def now() -> str:
    """The time, as the API takes it."""
    return datetime.now(UTC).isoformat()  # noqa: TID251 - a benchmark is an entry point


def prepare(service: Service, items: list[Item]) -> None:
    """Load the catalogue and wait until all of it is searchable."""
    service.ready(seconds=180)
    for start in range(0, len(items), 100):
        body = {"items": [as_json(item, item.item_id) for item in items[start : start + 100]]}
        service.client.post("/v1/items:batch", json=body).raise_for_status()

    def done() -> bool:
        state = service.client.get("/health/ready").json()
        return bool(state["queue"]["waiting"] == 0)

    until(done, seconds=600, what="the catalogue is searchable")
    time.sleep(10)  # the rebuild that passing 100 items asks for
    until(done, seconds=600, what="the queue is empty")


def measure(service: Service, template: Item, number: int) -> Timing:
    """Create one item like another and follow it until it is recommended."""
    client = service.client
    fresh = f"{HELD_BACK}{number}"
    person = f"person-{number}"
    liked = {"user_id": person, "item_id": template.item_id, "type": "like"}
    client.post("/v1/interactions", json=liked).raise_for_status()
    body = {"type": "item.created", "timestamp": now(), "data": as_json(template, fresh)}
    # Other words, or its vectors would be known already.
    body["data"]["title"] = f"{template.title}, edition {number}"  # type: ignore[index] # a dict
    began = time.perf_counter()
    client.post("/v1/webhooks/catalog", json=body).raise_for_status()
    answered = time.perf_counter() - began
    while True:
        status = client.get(f"/v1/items/{fresh}/status").json()
        if status["state"] == "searchable":
            break
        if time.perf_counter() - began > 60:
            message = f"{fresh} is not searchable after a minute: {status}"
            raise TimeoutError(message)
        time.sleep(0.002)
    searchable = time.perf_counter() - began
    similar = client.get(f"/v1/items/{template.item_id}/similar", params={"limit": 20}).json()
    for_you = client.get(f"/v1/users/{person}/for-you", params={"limit": 20}).json()
    return Timing(
        answered,
        searchable,
        any(each["item_id"] == fresh for each in similar["items"]),
        any(each["item_id"] == fresh for each in for_you["items"]),
    )


def row(name: str, seconds: list[float]) -> str:
    """Median, 95th percentile and largest, in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return (
        f"  {name:<28} median {statistics.median(ordered) * 1e3:7.1f} ms   "
        f"p95 {p95 * 1e3:7.1f} ms   max {ordered[-1] * 1e3:7.1f} ms"
    )


@contextlib.contextmanager
def engine(name: str) -> Iterator[dict[str, str]]:
    """Settings for an engine; a server is started for it and ended afterwards."""
    if name == "lite":
        yield {}
        return
    with running_milvus_server() as server:
        yield {"KINDRED_MILVUS_URI": server.uri}


def run(name: str, count: int) -> None:
    """Measure one engine and print it."""
    items = catalogue(seed=SEED, now=datetime.now(UTC))  # noqa: TID251 - an entry point
    illustrated = [item for item in items if item.image_url is not None]
    with (
        engine(name) as settings,
        tempfile.TemporaryDirectory() as folder,
        Service(Path(folder), settings) as service,
    ):
        prepare(service, items)
        timings = [
            measure(service, illustrated[number % len(illustrated)], number)
            for number in range(count)
        ]
    print(f"{name}: {count} new items with words and a picture, {len(items)} items before")
    print(row("webhook answered", [each.answered for each in timings]))
    print(row("webhook to searchable", [each.searchable for each in timings]))
    shares = (
        ("in similar at once", [each.similar for each in timings]),
        ("in for-you at once", [each.for_you for each in timings]),
    )
    for label, hits in shares:
        print(f"  {label:<28} {sum(hits) / len(hits):6.1%}")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench.freshness")
    parser.add_argument("--items", type=int, default=200, help="new items to follow, one by one")
    parser.add_argument("--engine", choices=["lite", "server", "both"], default="both")
    arguments = parser.parse_args()
    print(describe())
    for name in ["lite", "server"] if arguments.engine == "both" else [arguments.engine]:
        run(name, arguments.items)


if __name__ == "__main__":
    main()
