"""Many workers and writers over one database."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generation import SpaceModel
from indexer.generations import Generations
from indexer.items import Delete, Item, Put
from indexer.queue import Claim, WorkQueue
from tests.threads import together

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


@pytest.fixture
def queue(database: Database) -> WorkQueue:
    return WorkQueue(database)


def fill(catalogue: Catalogue, count: int) -> None:
    catalogue.write([Put(Item(f"item-{n}", title="x"), NOON) for n in range(count)], now=NOON)


def test_no_two_claimers_ever_get_the_same_row(catalogue: Catalogue, queue: WorkQueue) -> None:
    fill(catalogue, 120)

    def drain(owner: str) -> list[Claim]:
        taken: list[Claim] = []
        while claims := queue.claim(owner, limit=7, lease=LEASE, now=NOON):
            taken += claims
        return taken

    taken = together(*(partial(drain, f"worker-{n}") for n in range(4)))

    times = Counter(claim.item_key for claims in taken for claim in claims)
    # A claimer that found only rows others were taking may have left with fewer.
    rest = queue.claim("last", limit=120, lease=LEASE, now=NOON)
    assert set(times.values()) == {1}
    assert len(times) + len(rest) == 120


def test_workers_and_writers_together_leave_every_item_stamped_at_its_newest(
    catalogue: Catalogue, queue: WorkQueue, database: Database
) -> None:
    live = Generations(database).start(
        "engine",
        (SpaceModel("text", 8, "hash", "hash:text:8"),),
        geometry=b"",
        live=True,
        now=NOON,
    )
    fill(catalogue, 30)

    def change(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - a test's choices, not a secret
        for round_ in range(8):
            names = chance.sample(range(40), 6)
            as_of = NOON + timedelta(seconds=round_)
            catalogue.write(
                [
                    Delete(f"item-{n}", as_of)
                    if chance.random() < 0.2
                    else Put(Item(f"item-{n}", title=f"{seed}/{round_}"), as_of)
                    for n in names
                ],
                now=NOON,
            )

    def work(owner: str) -> None:
        for _ in range(15):
            claims = queue.claim(owner, limit=5, lease=LEASE, now=NOON)
            queue.complete(claims, generation=live.generation_id, now=NOON)

    together(*(partial(change, n) for n in range(3)), partial(work, "a"), partial(work, "b"))
    while claims := queue.claim("c", limit=50, lease=LEASE, now=NOON):
        queue.complete(claims, generation=live.generation_id, now=NOON)

    assert queue.depth().waiting == 0
    for item in catalogue.page(deleted=True):
        assert item.indexed_revision == (None if item.deleted_at else item.revision)


def test_an_item_created_by_many_at_once_is_one_item(catalogue: Catalogue) -> None:
    def create(writer: int) -> None:
        items = [Item(f"item-{n}", title=f"By {writer}") for n in range(20)]
        if writer % 2:
            items.reverse()
        catalogue.write([Put(item, NOON + timedelta(seconds=writer)) for item in items], now=NOON)

    together(*(partial(create, writer) for writer in range(6)))

    held = catalogue.page()
    assert len(held) == 20
    assert {item.item.title for item in held} == {"By 5"}
    assert len(catalogue.page(deleted=True)) == 20


def test_a_webhook_that_arrives_many_times_at_once_is_one_operation(
    catalogue: Catalogue, queue: WorkQueue
) -> None:
    def deliver(number: int) -> str | None:
        item = Item("mug", title=f"Delivery {number}")
        return catalogue.write([Put(item, NOON, "hook")], now=NOON)[0].operation_id

    operations = together(*(partial(deliver, number) for number in range(6)))

    assert len(set(operations)) == 1
    held = catalogue.get("mug")
    assert held is not None
    assert held.revision == 1
    assert queue.depth().waiting == 1
