import base64
import io
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from PIL import Image

from indexer.database import Database
from indexer.errors import StoreUnavailable
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.store import Row
from tests.indexer.house import BOTH, House


@pytest.fixture
def house(database: Database) -> House:
    return House(database, MemoryStore()).ready()


@pytest.fixture
def gallery(database: Database) -> House:
    return House(database, MemoryStore(), BOTH).ready()


def picture(colour: str) -> str:
    data = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(data, "PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()


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


def overtake(house: House) -> None:
    """While one worker is about to write, its lease runs out and another indexes newer content."""
    store = house.store
    assert isinstance(store, Faulty)
    store.before_upsert = None
    house.time.pass_(house.settings.lease * 2)
    house.put(Item("mug", title="New words"))
    house.work()
    assert house.held("mug") == 2


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
