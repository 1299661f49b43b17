from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep

import pytest

from embedders.spaces import Embedder
from indexer.database import Database
from indexer.errors import ModelUnavailable, StoreUnavailable
from indexer.items import Item
from indexer.memory import MemoryStore
from tests.indexer.house import House
from tests.threads import together


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database, MemoryStore())


@contextmanager
def running(house: House) -> Iterator[None]:
    house.the_owner.start()
    try:
        yield
    finally:
        house.the_owner.stop()


def soon(true: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not true():
        assert monotonic() < deadline, "it did not come true in time"
        sleep(0.01)


def searchable(house: House, item_id: str) -> bool:
    status = house.catalogue.status(item_id)
    return status is not None and status.indexed_revision == status.revision


def test_a_first_start_makes_a_generation_and_a_second_finds_it(house: House) -> None:
    assert house.the_owner.prepare()
    first = house.generations.all()

    assert house.the_owner.prepare()

    assert len(first) == 1
    assert house.generations.all() == first
    assert house.collection in house.store.collections()


def test_of_many_who_start_at_once_one_makes_the_first_generation(database: Database) -> None:
    store = MemoryStore()
    houses = [House(database, store) for _ in range(4)]

    ready = together(*(partial(each.the_owner.prepare) for each in houses))

    assert ready == [True] * 4
    assert len(houses[0].generations.all()) == 1
    assert len(store.collections()) == 1


def test_a_kill_while_a_lost_collection_is_made_anew_loses_no_item(house: House) -> None:
    house.ready()
    house.put(Item("mug", title="A blue mug"))
    house.work()
    house.store.drop(house.collection)
    add, house.queue.add = house.queue.add, killed  # type: ignore[method-assign]

    with pytest.raises(RuntimeError):
        house.the_owner.prepare()
    house.queue.add = add  # type: ignore[method-assign]
    assert house.the_owner.prepare()
    house.work()

    assert house.held("mug") == 1


def killed(*_: object, **__: object) -> None:
    message = "killed here"
    raise RuntimeError(message)


def test_a_deleted_item_is_not_brought_back_with_a_lost_collection(house: House) -> None:
    house.ready()
    house.put(Item("mug", title="A blue mug"), Item("lamp", title="A lamp"))
    house.work()
    house.delete("mug")
    house.work()
    house.store.drop(house.collection)

    house.the_owner.prepare()
    house.work()

    assert house.store.count(house.collection) == 1
    assert house.held("lamp") == 1


def test_what_is_written_while_it_runs_becomes_searchable(house: House) -> None:
    with running(house):
        soon(lambda: bool(house.generations.all()))
        house.put(Item("mug", title="A blue mug"))
        house.the_owner.wake()
        soon(lambda: searchable(house, "mug"))

        assert house.the_owner.problem is None
        assert house.jobs.alive("memory:", now=house.clock()) == ["owner"]
    assert house.jobs.alive("memory:", now=house.clock()) == []


def test_a_collection_that_vanishes_while_it_runs_is_made_anew(house: House) -> None:
    with running(house):
        soon(lambda: bool(house.store.collections()))
        house.put(Item("old", title="An old mug"))
        soon(lambda: searchable(house, "old"))

        house.store.drop(house.collection)
        house.put(Item("new", title="A new mug"))
        house.the_owner.wake()
        soon(lambda: searchable(house, "new") or advance(house))
        soon(lambda: house.held("old") == 1)

    assert house.queue.depth().set_aside == 0


def advance(house: House) -> bool:
    house.time.pass_(house.settings.outage_wait)
    return False


def test_an_engine_that_is_down_at_the_start_is_waited_for_and_said(
    sqlite_database: Database,
) -> None:
    store = Sleeping()
    house = House(sqlite_database, store)
    with running(house):
        soon(lambda: house.the_owner.problem == "the engine is down")

        store.down = False
        house.put(Item("mug", title="A blue mug"))
        soon(lambda: searchable(house, "mug"))

        assert house.the_owner.problem is None


class Sleeping(MemoryStore):
    """A store whose engine is down at first."""

    def __init__(self) -> None:
        super().__init__()
        self.down = True

    def collections(self) -> list[str]:
        if self.down:
            message = "the engine is down"
            raise StoreUnavailable(message)
        return super().collections()


def test_a_model_that_cannot_be_had_is_said_and_nothing_is_lost(
    sqlite_database: Database,
) -> None:
    House(sqlite_database, store := MemoryStore()).ready()
    house = House(sqlite_database, store)
    make, house.models._make = house.models._make, no_weights
    house.put(Item("mug", title="A blue mug"))
    with running(house):
        soon(lambda: "no weights" in (house.the_owner.problem or ""))
        report = house.models.report("hash:text:32")
        attempts = [entry.attempts for entry in house.queue.entries()]

        house.models._make = make
        soon(lambda: searchable(house, "mug") or advance(house))

    assert report.state == "failed"
    assert attempts == [0]


def no_weights(specification: str) -> Embedder:
    raise OSError(f"no weights for {specification}")


def test_stopping_before_starting_is_nothing(house: House) -> None:
    house.the_owner.stop()

    assert house.the_owner.problem is None


def test_a_first_start_without_a_model_waits(house: House) -> None:
    house.models._make = no_weights

    with pytest.raises(ModelUnavailable, match="no weights"):
        house.the_owner.prepare()

    assert house.generations.all() == []
