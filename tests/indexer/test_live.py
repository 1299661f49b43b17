from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from indexer.database import Database
from indexer.errors import CollectionLost, StoreRejected, StoreUnavailable
from indexer.filters import EVERYTHING
from indexer.items import Item
from indexer.live import BlockCache, JoinedItem
from indexer.memory import MemoryStore
from tests.indexer.house import BOTH, House, quiet
from tests.indexer.picture_hosts import picture_host, reply
from tests.indexer.test_worker import png


@pytest.fixture
def house(sqlite_database: Database) -> House:
    made = House(sqlite_database, MemoryStore()).ready()
    made.put(Item("mug", title="A blue mug"), Item("lamp", title="A red lamp"))
    made.work()
    return made


def joined(value: float) -> JoinedItem:
    vector = np.array([value], dtype=np.float32)
    return JoinedItem(vector, vector, frozenset())


def test_a_cache_lets_go_of_what_was_not_used_for_longest() -> None:
    cache = BlockCache(2)
    cache.hold({1: joined(1), 2: joined(2)}, {1: 1, 2: 1})
    cache.find({1: 1})

    cache.hold({3: joined(3)}, {3: 1})

    assert set(cache.find({1: 1, 2: 1, 3: 1})) == {1, 3}


def test_a_cache_gives_nothing_for_another_revision_than_it_holds() -> None:
    cache = BlockCache(2)
    cache.hold({1: joined(1), 2: joined(2)}, {1: 4, 2: 5})

    found = cache.find({1: 4, 2: 4})

    assert set(found) == {1}


def test_a_question_for_more_than_the_cache_holds_is_answered_whole(
    sqlite_database: Database,
) -> None:
    house = House(sqlite_database, MemoryStore()).ready()
    house.put(*(Item(f"item-{n}", title=f"words {n}") for n in range(150)))
    house.work()
    revisions = {house.key(f"item-{n}"): 1 for n in range(150)}

    once = house.index.snapshot().candidates(revisions).vectors
    again = house.index.snapshot().candidates(revisions).vectors

    assert once.keys() == again.keys() == revisions.keys()


def test_new_content_is_never_answered_from_the_old(house: House) -> None:
    key = house.key("mug")
    old = house.index.snapshot().evidence({key: 1}).vectors[key]

    house.put(Item("mug", title="Something else entirely"))
    house.work()
    new = house.index.snapshot().evidence({key: 2}).vectors[key]

    assert not np.allclose(old, new)


def test_a_vector_not_made_anew_yet_serves_one_answer_and_is_not_held(house: House) -> None:
    key = house.key("mug")
    snapshot = house.index.snapshot()
    early = snapshot.evidence({key: 2}).vectors[key]

    house.put(Item("mug", title="Something else entirely"))
    house.work()

    assert not np.allclose(early, snapshot.evidence({key: 2}).vectors[key])


def test_a_picture_had_at_a_later_try_is_seen_although_the_revision_is_the_same(
    sqlite_database: Database,
) -> None:
    house = House(sqlite_database, MemoryStore(), BOTH).ready()
    with picture_host({}) as host:
        house.put(Item("mug", title="A blue mug", image_url=f"{host.url}/mug.png"))
        house.work()
        key = house.key("mug")
        snapshot = house.index.snapshot()
        image = snapshot.layout.slice("image")
        before = snapshot.evidence({key: 1}).vectors[key]

        host.replies["/mug.png"] = reply(png("red"))
        house.time.pass_(timedelta(hours=1))
        house.work()

    assert not before[image].any()
    assert snapshot.evidence({key: 1}).vectors[key][image].any()


def test_one_request_keeps_its_generation_while_another_becomes_live(house: House) -> None:
    key = house.key("mug")
    held = house.index.snapshot()
    before = held.evidence({key: 1}).vectors[key]

    house.rebuilding.reindex(held.generation.spaces, quiet)
    house.index.refresh()

    assert house.index.following != held.generation_id
    assert np.array_equal(held.evidence({key: 1}).vectors[key], before)


def test_items_without_any_vector_are_left_out(house: House) -> None:
    assert house.index.snapshot().candidates({999: 1}).vectors == {}


def test_before_anything_was_built_the_index_says_so(sqlite_database: Database) -> None:
    house = House(sqlite_database, MemoryStore())

    house.index.refresh()

    assert house.index.following is None
    assert house.index.loading is None
    with pytest.raises(StoreUnavailable, match="no index has been built"):
        house.index.snapshot()


def test_a_generation_recorded_and_not_made_yet_is_waited_for(sqlite_database: Database) -> None:
    house = House(sqlite_database, MemoryStore())
    house.the_owner._first()

    house.index.refresh()

    assert house.index.following is None


def test_an_index_that_loads_says_how_far_it_is(sqlite_database: Database) -> None:
    store = Loading()
    house = House(sqlite_database, store)
    assert house.the_owner.prepare()
    said: list[str] = []
    store.meanwhile = lambda: said.append(house.index.state)

    house.index.refresh()

    assert said == ["the index is loading (100%)"]
    assert house.index.state == "the index answers"


def test_a_load_that_fails_leaves_what_was_live_in_use(house: House) -> None:
    held = house.index.following
    store = Loading()
    store.__dict__.update(house.store.__dict__)
    house.index._store = store
    live = house.generations.live(store.engine)
    assert live is not None
    house.rebuilding.reindex(live.spaces, quiet)
    store.meanwhile = refuse

    with pytest.raises(StoreUnavailable):
        house.index.refresh()

    assert house.index.following == held
    assert house.index.loading is None


def refuse() -> None:
    message = "the engine is down"
    raise StoreUnavailable(message)


def test_a_collection_that_vanished_is_an_outage_and_no_fault_of_the_question(
    house: House,
) -> None:
    snapshot = house.index.snapshot()
    question = np.ones((1, 32), dtype=np.float32)
    with pytest.raises(StoreRejected):
        snapshot.search(question, limit=0, where=EVERYTHING, exclude=())

    house.store.drop(house.collection)

    with pytest.raises(CollectionLost):
        snapshot.search(question, limit=5, where=EVERYTHING, exclude=())


class Loading(MemoryStore):
    """A store whose loading can be watched."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = list

    def load(self, collection: str) -> None:
        self.meanwhile()
        super().load(collection)
