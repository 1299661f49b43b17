from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Change, Delete, Item, Put, Receipt

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MUG = Item("mug", title="A blue mug", categories=("kitchen", "mugs"), price=9.5)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


def write(catalogue: Catalogue, *changes: Change, now: datetime = NOON) -> list[Receipt]:
    return catalogue.write(changes, now=now)


def put(item: Item, seconds: float = 0, webhook_id: str | None = None) -> Put:
    return Put(item, at(seconds), webhook_id)


@settings(
    max_examples=40,
    deadline=None,
    # The database is shared by the examples; each has an item of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    events=st.lists(
        st.tuples(st.integers(0, 9), st.booleans()),
        min_size=1,
        max_size=6,
        unique_by=lambda e: e[0],
    ),
    data=st.data(),
)
def test_in_whatever_order_changes_arrive_the_newest_one_is_what_stays(
    catalogue: Catalogue, events: list[tuple[int, bool]], data: st.DataObject
) -> None:
    item_id = f"item-{catalogue.last_key()}-{len(events)}"
    arriving = data.draw(st.permutations(events))
    batches = data.draw(st.lists(st.integers(1, 3), min_size=6, max_size=6))

    for size in batches:
        part, arriving = arriving[:size], arriving[size:]
        write(
            catalogue,
            *(
                put(Item(item_id, title=f"As of {seconds}"), seconds)
                if is_put
                else Delete(item_id, at(seconds))
                for seconds, is_put in part
            ),
        )

    newest, is_put = max(events)
    held = catalogue.get(item_id)
    assert (None if held is None else held.item.title) == (f"As of {newest}" if is_put else None)


def test_the_newest_stays_in_every_order_of_three(catalogue: Catalogue) -> None:
    for number, order in enumerate(permutations((1, 2, 3))):
        item_id = f"item-{number}"

        for seconds in order:
            write(
                catalogue,
                Delete(item_id, at(2)) if seconds == 2 else put(Item(item_id, "x"), seconds),
            )

        held = catalogue.get(item_id)
        assert held is not None
        assert held.as_of == at(3)
