import base64
import io
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic, sleep

import pytest
from PIL import Image
from sqlalchemy import select

from embedders.fitting import prior_geometry
from embedders.layout import Layout
from embedders.spaces import Space
from indexer.database import Database
from indexer.errors import CollectionLost, CollectionUnloaded, StoreUnavailable
from indexer.generation import Generation, SpaceModel
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.store import Row
from indexer.tables import work
from tests.indexer.house import BOTH, House
from tests.indexer.picture_hosts import picture_host, reply


@pytest.fixture
def house(database: Database) -> House:
    return House(database, MemoryStore()).ready()


@pytest.fixture
def gallery(database: Database) -> House:
    return House(database, MemoryStore(), BOTH).ready()


def png(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(data, "PNG")
    return data.getvalue()


def picture(colour: str) -> str:
    return "data:image/png;base64," + base64.b64encode(png(colour)).decode()


def refusing_url() -> str:
    """A port nobody listens on: a picture host that is down."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/picture.png"


def test_a_new_item_is_searchable_after_one_round(house: House) -> None:
    house.put(Item("mug", title="A blue mug"))

    house.work()

    status = house.catalogue.status("mug")
    assert status is not None
    assert status.indexed_revision == status.revision
    assert status.searchable_at == house.clock()
    assert house.held("mug") == status.revision


def test_identical_content_is_embedded_once(house: House) -> None:
    house.put(Item("a", title="The same words"), Item("b", title="The same words"))
    house.work()
    house.put(Item("c", title="The same words"), Item("a", title="The same words", price=3.0))

    house.work()

    assert house.counting.embedded == {"hash:text:32": 1}
    assert house.held("c") is not None


def test_an_update_replaces_what_the_index_holds(house: House) -> None:
    house.put(Item("mug", title="A blue mug"))
    house.work()
    first = house.held("mug")

    house.put(Item("mug", title="A red mug"))
    house.work()

    assert first is not None
    assert house.held("mug") == first + 1


def test_a_deleted_item_leaves_the_index(house: House) -> None:
    house.put(Item("mug", title="A blue mug"))
    house.work()
    key = house.key("mug")

    house.delete("mug")
    house.work()

    assert house.store.revisions(house.collection, [key]) == {}
    assert house.queue.depth().waiting == 0


def test_an_item_with_a_broken_picture_is_searchable_by_its_words(gallery: House) -> None:
    broken = "data:image/png;base64," + base64.b64encode(b"not a picture").decode()
    gallery.put(Item("mug", title="A blue mug", image_url=broken), Item("cup", title="A cup"))

    gallery.work()

    status = gallery.catalogue.status("mug")
    assert status is not None
    assert status.indexed_revision == status.revision
    image = next(each for each in status.spaces if each.space == "image")
    assert not image.present
    assert image.problem is not None
    assert gallery.held("cup") is not None
    assert gallery.queue.depth().waiting == 0


def test_an_item_that_is_only_a_broken_picture_is_set_aside_with_the_reason(
    gallery: House,
) -> None:
    broken = "data:image/png;base64," + base64.b64encode(b"not a picture").decode()
    gallery.put(Item("mug", image_url=broken))

    gallery.work()

    (entry,) = gallery.queue.entries(set_aside=True)
    assert entry.item_id == "mug"
    assert entry.reason is not None
    assert "image" in entry.reason
    assert gallery.held("mug") is None


def test_a_picture_host_that_is_down_delays_the_picture_and_not_the_item(gallery: House) -> None:
    gallery.put(Item("mug", title="A blue mug", image_url=refusing_url()))

    gallery.work()

    status = gallery.catalogue.status("mug")
    assert status is not None
    assert status.indexed_revision == status.revision
    assert status.attempts == 1
    assert gallery.queue.depth().waiting == 1


def test_a_picture_that_never_comes_is_set_aside_after_the_last_try(gallery: House) -> None:
    gallery.put(Item("mug", title="A blue mug", image_url=refusing_url()))

    for _ in range(gallery.settings.max_attempts):
        gallery.work()
        gallery.time.pass_(timedelta(hours=1))

    assert gallery.queue.depth().set_aside == 1
    status = gallery.catalogue.status("mug")
    assert status is not None
    assert status.set_aside_at is not None
    assert status.indexed_revision == status.revision


def test_pictures_make_alike_items_near(gallery: House) -> None:
    gallery.put(
        Item("red-1", title="one", image_url=picture("red")),
        Item("red-2", title="two", image_url=picture("#f01010")),
        Item("blue", title="three", image_url=picture("blue")),
    )
    gallery.work()
    snapshot = gallery.index.snapshot()
    keys = {name: gallery.key(name) for name in ("red-1", "red-2", "blue")}

    blocks = snapshot.evidence({keys[name]: 1 for name in keys}).vectors
    layout = snapshot.layout

    def score(one: str, other: str) -> float:
        return layout.split(blocks[keys[one]], blocks[keys[other]])["image"]

    assert score("red-1", "red-2") > score("red-1", "blue")


def test_an_outage_of_the_index_counts_no_attempt_and_loses_nothing(database: Database) -> None:
    store = Faulty()
    house = House(database, store).ready()
    house.put(Item("mug", title="A blue mug"))
    store.down = True

    with pytest.raises(StoreUnavailable):
        house.first_worker.run_once()

    (entry,) = house.queue.entries()
    assert entry.attempts == 0
    store.down = False
    house.time.pass_(timedelta(minutes=1))
    house.work()
    assert house.held("mug") is not None


def test_one_poisonous_item_does_not_hold_up_the_others(database: Database) -> None:
    store = Faulty()
    house = House(database, store).ready()
    house.put(Item("good", title="Good"), Item("bad", title="Bad"), Item("fine", title="Fine"))
    store.poison = house.key("bad")

    for _ in range(house.settings.max_attempts):
        house.work()
        house.time.pass_(timedelta(hours=1))

    assert house.held("good") is not None
    assert house.held("fine") is not None
    (entry,) = house.queue.entries(set_aside=True)
    assert entry.item_id == "bad"
    assert entry.reason is not None
    assert "poison" in entry.reason


def test_an_outage_in_the_middle_of_a_failed_batch_frees_the_rest_of_it(
    sqlite_database: Database,
) -> None:
    store = Faulty()
    house = House(sqlite_database, store).ready()
    house.put(Item("bad", title="Bad"), Item("good", title="Good"), Item("fine", title="Fine"))
    store.poison = house.key("bad")
    calls: list[str] = []

    def fall() -> None:
        calls.append("upsert")
        store.down = len(calls) == 3  # the batch, then the poisonous one, then a good one

    store.before_upsert = fall
    with pytest.raises(StoreUnavailable):
        house.first_worker.run_once()
    store.before_upsert = None
    store.down = False
    house.time.pass_(house.settings.backoff)
    house.work()

    assert house.held("good") == house.held("fine") == 1


def test_a_late_worker_cannot_leave_old_content_behind(database: Database) -> None:
    store = Faulty()
    house = House(database, store).ready()
    house.put(Item("mug", title="Old words"))
    late = house.another_worker("late")
    store.before_upsert = lambda: overtake(house)

    late.run_once()
    house.work()

    status = house.catalogue.status("mug")
    assert status is not None
    assert status.revision == 2
    assert house.held("mug") == 2
    assert status.indexed_revision == 2
    assert house.queue.depth().waiting == 0


def test_a_collection_that_vanishes_is_made_anew_and_sets_no_item_aside(
    sqlite_database: Database,
) -> None:
    house = House(sqlite_database, MemoryStore()).ready()
    house.put(Item("old", title="An old mug"))
    house.work()
    house.put(Item("new", title="A new mug"))
    house.store.drop(house.collection)

    with pytest.raises(CollectionLost):
        house.first_worker.run_once()

    assert [entry.attempts for entry in house.queue.entries()] == [0]
    assert house.the_owner.prepare()
    house.time.pass_(timedelta(minutes=1))
    house.work()
    assert house.held("old") == house.held("new") == 1


def test_a_collection_that_is_not_loaded_sets_no_item_aside_and_is_loaded(
    sqlite_database: Database,
) -> None:
    store = Unloading()
    house = House(sqlite_database, store).ready()
    house.put(Item("mug", title="A blue mug"))
    store.release(house.collection)

    house.first_worker.run()  # returns for its owner to load it

    assert [entry.attempts for entry in house.queue.entries()] == [0]
    assert house.the_owner.prepare()
    house.time.pass_(timedelta(minutes=1))
    house.work()
    assert house.held("mug") == 1


def test_an_idle_worker_notices_that_the_collection_vanished(sqlite_database: Database) -> None:
    house = House(sqlite_database, MemoryStore()).ready()
    house.store.drop(house.collection)

    with pytest.raises(CollectionLost):
        house.first_worker.run_once()


def test_work_that_outlasts_its_lease_is_not_given_to_another_worker(
    sqlite_database: Database,
) -> None:
    store = Faulty()
    house = House(sqlite_database, store).ready()
    house.settings = replace(house.settings, lease=timedelta(seconds=0.6))
    slow, other = house.another_worker("slow"), house.another_worker("other")
    house.put(Item("mug", title="A blue mug"))
    taken: list[int] = []

    def take_long() -> None:
        store.before_upsert = None
        renewed = house.clock() + timedelta(seconds=0.5)
        house.time.now = renewed
        deadline = monotonic() + 10
        while lease_of(house, "mug") < renewed + house.settings.lease:
            assert monotonic() < deadline
            sleep(0.01)
        house.time.now = renewed + timedelta(seconds=0.3)  # past the lease it began with
        taken.append(other.run_once())

    store.before_upsert = take_long
    slow.run_once()

    assert taken == [0]
    assert house.queue.depth().waiting == 0


def lease_of(house: House, item_id: str) -> datetime:
    with house.database.reading() as connection:
        held = connection.scalar(
            select(work.c.lease_until).where(work.c.item_key == house.key(item_id))
        )
    assert isinstance(held, datetime)
    return held


def test_a_rebuild_whose_model_cannot_be_had_does_not_hold_up_the_live_index(
    sqlite_database: Database,
) -> None:
    store = MemoryStore()
    house = House(sqlite_database, store).ready()
    gone = SpaceModel("image", 16, "model-that-is-gone", "hash:image:16")
    building(house, [gone])
    house.put(Item("mug", title="A blue mug"))

    house.work()

    assert house.held("mug") == 1
    assert house.queue.depth().waiting == 0


def building(house: House, spaces: Sequence[SpaceModel]) -> Generation:
    """A rebuild that has come as far as writing, in a process that was killed."""
    made = house.generations.start(
        house.store.engine, spaces, geometry=None, live=False, now=house.clock()
    )
    layout = Layout(tuple(Space(each.space, each.dimensions) for each in spaces))
    house.generations.advance(
        made.generation_id, phase="writing", geometry=prior_geometry(layout, {}).to_bytes()
    )
    house.store.create(made.collection, sum(each.dimensions for each in spaces))
    return made


def test_a_picture_host_that_goes_down_during_a_rebuild_costs_the_live_index_no_picture(
    sqlite_database: Database,
) -> None:
    house = House(sqlite_database, MemoryStore(), BOTH).ready()
    with picture_host({"/mug.png": reply(png("red"))}) as host:
        url = f"{host.url}/mug.png"
        house.put(Item("mug", title="A blue mug", image_url=url))
        house.work()
    key = house.key("mug")
    newer = house.models.spaces({"text": "hash:text:32", "image": "hash:image:24"})
    building(house, newer)

    house.put(Item("mug", title="A blue mug", image_url=url, price=3.0))
    house.work()

    live = house.generations.live(house.store.engine)
    assert live is not None
    models = {each.space: each.model for each in live.spaces}
    assert house.held("mug") == 2
    assert set(house.kept.of_items([key], models)[key].vectors) == {"text", "image"}
    assert not house.kept.of_items([key], models)[key].troubled


def test_a_batch_that_misses_a_generation_which_began_meanwhile_is_done_again(
    sqlite_database: Database,
) -> None:
    store = Faulty()
    house = House(sqlite_database, store).ready()
    house.put(Item("mug", title="A blue mug"))
    begun: list[Generation] = []

    def begin() -> None:
        store.before_upsert = None
        begun.append(building(house, house.models.spaces({"text": "hash:text:32"})))

    store.before_upsert = begin
    house.work()

    assert store.revisions(begun[0].collection, [house.key("mug")]) == {house.key("mug"): 1}
    assert house.held("mug") == 1


def overtake(house: House) -> None:
    """While one worker is about to write, its lease runs out and another indexes newer content."""
    store = house.store
    assert isinstance(store, Faulty)
    store.before_upsert = None
    house.time.pass_(house.settings.lease * 2)
    house.put(Item("mug", title="New words"))
    house.work()
    assert house.held("mug") == 2


class Unloading(MemoryStore):
    """The in-memory store, which reads no collection that is not loaded, as a server does."""

    def revisions(self, collection: str, keys: Collection[int]) -> Mapping[int, int]:
        with self._kept(collection) as kept:
            loaded = kept.loaded
        if not loaded:
            raise CollectionUnloaded(collection)
        return super().revisions(collection, keys)


class Faulty(MemoryStore):
    """The in-memory store with an engine that can be broken on purpose."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.poison: int | None = None
        self.before_upsert: Callable[[], None] | None = None

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        if self.before_upsert is not None:
            self.before_upsert()
        if self.down:
            message = "the engine is down"
            raise StoreUnavailable(message)
        if any(row.item.key == self.poison for row in rows):
            message = "poison"
            raise ValueError(message)
        super().upsert(collection, rows)
