import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta

import numpy as np
import pytest

from embedders.spaces import Array
from indexer.database import Database
from indexer.errors import JobFailed, StoreRejected
from indexer.filters import EVERYTHING
from indexer.items import Item
from indexer.lease import Interrupted
from indexer.memory import MemoryStore
from indexer.store import Row
from tests.indexer.house import BOTH, House, quiet
from tests.indexer.picture_hosts import picture_host, reply
from tests.indexer.test_worker import png

WORDS = ("mug", "lamp", "chair", "shoe", "bag", "book")


@pytest.fixture
def house(database: Database) -> House:
    made = House(database, MemoryStore()).ready()
    made.put(*(Item(f"item-{n}", title=f"{WORDS[n % 6]} number {n}") for n in range(150)))
    made.work()
    return made


def everything_is_whole(house: House) -> None:
    """Every item is held at its newest revision, once, in the live collection."""
    items = house.catalogue.page(limit=1_000)
    held = house.store.revisions(house.collection, [item.key for item in items])
    assert held == {item.key: item.revision for item in items}
    assert house.store.count(house.collection) == len(items)
    assert all(item.indexed_revision == item.revision for item in items)


def test_a_rebuild_replaces_the_live_generation_and_keeps_the_old_one(house: House) -> None:
    before = house.generations.live(house.store.engine)
    assert before is not None

    report = house.rebuilding.reindex(before.spaces, quiet)

    after = house.generations.live(house.store.engine)
    assert after is not None
    assert after.generation_id == report.generation != before.generation_id
    assert report.replaced == before.generation_id
    assert report.indexed == report.items == 150
    assert after.fitted_on == 150
    assert report.overlap is not None
    assert before.collection in house.store.collections()
    everything_is_whole(house)


def test_a_rebuild_with_the_same_models_embeds_nothing(house: House) -> None:
    live = house.generations.live(house.store.engine)
    assert live is not None
    before = dict(house.counting.embedded)

    house.rebuilding.reindex(live.spaces, quiet)

    assert house.counting.embedded == before


def test_a_rebuild_of_one_space_reuses_the_vectors_of_the_others(house: House) -> None:
    house = House(house.database, house.store, BOTH)
    house.jobs.request("reindex", {"spaces": ["image"]}, now=house.clock())

    house.jobs_runner.run_once()

    live = house.generations.live(house.store.engine)
    assert live is not None
    assert [each.space for each in live.spaces] == ["text", "image"]
    assert "hash:text:32" not in house.counting.embedded


PHASES = ("embedding", "fitting", "writing", "checking", "swapping")


@pytest.mark.parametrize("phase", PHASES)
def test_a_rebuild_interrupted_anywhere_goes_on_where_it_was(house: House, phase: str) -> None:
    live = house.generations.live(house.store.engine)
    assert live is not None

    with pytest.raises(Interrupted):
        house.rebuilding.reindex(live.spaces, stop_at(phase))
    building = house.generations.building(house.store.engine)
    report = house.rebuilding.reindex(live.spaces, quiet)

    assert building is not None
    assert report.generation == building.generation_id
    everything_is_whole(house)


def stop_at(phase: str) -> Callable[[str, int, int], None]:
    def progress(reached: str, done: int, total: int) -> None:
        del done, total
        if reached == phase:
            raise Interrupted(phase)

    return progress


@pytest.mark.parametrize("phase", PHASES)
def test_what_is_written_during_a_rebuild_is_in_the_new_generation(
    house: House, phase: str
) -> None:
    live = house.generations.live(house.store.engine)
    assert live is not None

    def meanwhile(reached: str, done: int, total: int) -> None:
        del done, total
        if reached == phase and "item-new" not in house.catalogue.keys_of(["item-new"]):
            house.put(
                Item("item-new", title="a lamp that came late"),
                Item("item-7", title="a lamp with new words"),
            )
            house.delete("item-8")
            house.work()

    house.rebuilding.reindex(live.spaces, meanwhile)
    house.work()

    assert house.held("item-new") == 1
    assert house.held("item-7") == 2
    assert "item-8" not in house.catalogue.keys_of(["item-8"])
    everything_is_whole(house)


def test_a_rollback_brings_the_old_generation_up_to_date_first(house: House) -> None:
    before = house.generations.live(house.store.engine)
    assert before is not None
    house.rebuilding.reindex(before.spaces, quiet)
    house.put(Item("item-new", title="a lamp that came late"))
    house.work()

    report = house.rebuilding.rollback(quiet)

    assert report.generation == before.generation_id
    assert report.mended == 1
    house.work()
    everything_is_whole(house)


def test_a_rollback_without_an_older_generation_says_so(house: House) -> None:
    with pytest.raises(JobFailed, match="nothing to go back to"):
        house.rebuilding.rollback(quiet)


def test_the_one_before_the_last_is_dropped_with_its_collection(house: House) -> None:
    first = house.generations.live(house.store.engine)
    assert first is not None
    house.rebuilding.reindex(first.spaces, quiet)

    house.rebuilding.reindex(first.spaces, quiet)
    house.rebuilding.clean()

    assert first.collection not in house.store.collections()
    assert len(house.generations.all(house.store.engine)) == 2


def test_passing_a_hundred_items_asks_for_a_rebuild_by_itself(house: House) -> None:
    house.jobs_runner.refit()

    job = house.jobs.claim("anyone", lease=timedelta(seconds=5), now=house.clock())

    assert job is not None
    assert job.kind == "reindex"
    assert re.search("passed 100 items", str(job.arguments["reason"]))


def test_an_item_nothing_can_be_embedded_of_does_not_have_it_rebuilt_for_ever(
    sqlite_database: Database,
) -> None:
    house = House(sqlite_database, MemoryStore()).ready()
    house.put(*(Item(f"item-{n}", title=f"{WORDS[n % 6]} number {n}") for n in range(99)))
    house.put(Item("mute", image_url="data:image/png;base64,AAAA"))
    house.work()

    house.jobs_runner.refit()
    first = house.jobs_runner.run_once()
    house.jobs_runner.refit()
    second = house.jobs_runner.run_once()

    live = house.generations.live(house.store.engine)
    assert live is not None
    assert live.fitted_on == 99
    assert (first, second) == (True, False)


def test_no_rebuild_is_asked_for_while_a_job_waits(house: House) -> None:
    asked = house.jobs.request("reindex", {"spaces": None}, now=house.clock())

    house.jobs_runner.refit()
    house.jobs.finish(asked.job_id, error=None, now=house.clock())

    assert not house.jobs.unfinished()


@pytest.mark.parametrize("kind", ["reindex", "rollback"])
def test_a_job_killed_after_its_swap_does_not_begin_anew(house: House, kind: str) -> None:
    first = house.generations.live(house.store.engine)
    assert first is not None
    house.rebuilding.reindex(first.spaces, quiet)
    job = house.jobs.request(kind, {"spaces": []}, now=house.clock())
    held = house.jobs.claim("killed", lease=timedelta(seconds=5), now=house.clock())
    assert held == replace(job, state="running")
    if kind == "reindex":
        report = house.rebuilding.reindex(first.spaces, quiet, job=job.job_id)
    else:
        report = house.rebuilding.rollback(quiet, job=job.job_id)

    house.time.pass_(timedelta(minutes=1))
    house.jobs_runner.run_once()

    after = house.generations.live(house.store.engine)
    done = house.jobs.get(job.job_id)
    assert after is not None
    assert done is not None
    assert after.generation_id == report.generation
    assert (done.state, done.progress) == ("done", asdict(report))


@pytest.mark.parametrize("kind", ["reindex", "rollback"])
def test_a_shop_that_never_rests_does_not_hold_up_a_swap(house: House, kind: str) -> None:
    first = house.generations.live(house.store.engine)
    assert first is not None
    house.rebuilding.reindex(first.spaces, quiet)

    def meanwhile(reached: str, done: int, total: int) -> None:
        del done, total
        if reached in ("writing", "checking"):
            house.work()
            house.put(Item("item-7", title=f"a lamp at {house.clock()}"))

    house.put(Item("item-7", title="a lamp"))
    if kind == "reindex":
        house.rebuilding.reindex(first.spaces, meanwhile)
    else:
        house.rebuilding.rollback(meanwhile)
    house.work()

    everything_is_whole(house)


def test_what_is_written_during_a_rollback_is_in_the_generation_gone_back_to(house: House) -> None:
    first = house.generations.live(house.store.engine)
    assert first is not None
    house.rebuilding.reindex(first.spaces, quiet)
    seen: list[str] = []

    def meanwhile(reached: str, done: int, total: int) -> None:
        del done, total
        if reached == "swapping" and not seen:
            seen.append(reached)
            house.put(Item("item-new", title="a lamp that came late"))
            house.delete("item-8")
            house.work()
            key = house.key("item-new")
            assert house.store.revisions(first.collection, [key]) == {key: 1}

    house.rebuilding.rollback(meanwhile)

    assert seen
    everything_is_whole(house)


def test_a_rollback_keeps_a_picture_that_came_after_the_swap(sqlite_database: Database) -> None:
    house = House(sqlite_database, MemoryStore(), BOTH).ready()
    with picture_host({}) as host:
        house.put(Item("mug", title="A blue mug", image_url=f"{host.url}/mug.png"))
        house.work()
        first = house.generations.live(house.store.engine)
        assert first is not None
        house.rebuilding.reindex(first.spaces, quiet)
        host.replies["/mug.png"] = reply(png("red"))
        house.time.pass_(timedelta(hours=1))
        house.work()

    house.rebuilding.rollback(quiet)

    question = image_query(house, "mug")
    (held,) = house.store.search(first.collection, question, limit=1, where=EVERYTHING)[0]
    assert held.score == pytest.approx(1.0, abs=1e-5)


def test_a_rollback_that_fails_leaves_the_kept_generation_in_peace(house: House) -> None:
    first = house.generations.live(house.store.engine)
    assert first is not None
    house.rebuilding.reindex(first.spaces, quiet)

    with pytest.raises(Interrupted):
        house.rebuilding.rollback(stop_at("checking"))

    (only,) = house.generations.writable(house.store.engine)
    assert only.state == "live"


def test_a_fitting_can_be_interrupted(house: House) -> None:
    live = house.generations.live(house.store.engine)
    assert live is not None
    calls: list[str] = []

    def stop_at_second(reached: str, done: int, total: int) -> None:
        del done, total
        calls.append(reached)
        if calls.count("fitting") == 2:
            raise Interrupted(reached)

    with pytest.raises(Interrupted):
        house.rebuilding.reindex(live.spaces, stop_at_second)

    building = house.generations.building(house.store.engine)
    assert building is not None
    assert building.phase == "fitting"


def test_one_poisonous_item_does_not_hold_up_a_rebuild(sqlite_database: Database) -> None:
    store = Choosy()
    house = House(sqlite_database, store).ready()
    house.put(*(Item(f"item-{n}", title=f"{WORDS[n % 6]} number {n}") for n in range(20)))
    house.work()
    live = house.generations.live(store.engine)
    assert live is not None
    store.refused = {house.key("item-3")}

    report = house.rebuilding.reindex(live.spaces, quiet)
    for _ in range(house.settings.max_attempts):
        house.work()
        house.time.pass_(timedelta(hours=1))

    assert report.indexed == 19
    (entry,) = house.queue.entries(set_aside=True)
    assert entry.item_id == "item-3"


def test_a_rebuild_that_fails_for_most_items_leaves_the_live_generation(
    sqlite_database: Database,
) -> None:
    store = Choosy()
    house = House(sqlite_database, store).ready()
    house.put(*(Item(f"item-{n}", title=f"{WORDS[n % 6]} number {n}") for n in range(20)))
    house.work()
    live = house.generations.live(store.engine)
    assert live is not None
    store.refused = set(range(1, 16))

    with pytest.raises(JobFailed, match="15 of 20 items failed"):
        house.rebuilding.reindex(live.spaces, quiet)

    assert house.generations.live(store.engine) == live


class Choosy(MemoryStore):
    """A store that does not take some items."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[int] = set()

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        if any(row.item.key in self.refused for row in rows):
            message = "not this one"
            raise StoreRejected(message)
        super().upsert(collection, rows)


def test_a_picture_had_while_its_page_is_written_is_not_overwritten(
    sqlite_database: Database,
) -> None:
    store = Hooked()
    house = House(sqlite_database, store, BOTH).ready()
    with picture_host({}) as host:
        house.put(Item("mug", title="A blue mug", image_url=f"{host.url}/mug.png"))
        house.work()
        live = house.generations.live(store.engine)
        assert live is not None
        with pytest.raises(Interrupted):
            house.rebuilding.reindex(live.spaces, stop_at("fitting"))

        def picture_comes() -> None:
            host.replies["/mug.png"] = reply(png("red"))
            house.time.pass_(timedelta(hours=1))
            house.work()

        store.before_upsert = picture_comes
        house.rebuilding.reindex(live.spaces, quiet)

    (held,) = store.search(
        house.collection, image_query(house, "mug"), limit=1, where=EVERYTHING, exclude=()
    )[0]
    assert held.score == pytest.approx(1.0, abs=1e-5)


class Hooked(MemoryStore):
    """A store that does something before the next upsert."""

    def __init__(self) -> None:
        super().__init__()
        self.before_upsert: Callable[[], None] | None = None

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        hook, self.before_upsert = self.before_upsert, None
        if hook is not None:
            hook()
        super().upsert(collection, rows)


def image_query(house: House, item_id: str) -> Array:
    """An item's own image block as a question."""
    house.index.refresh()
    snapshot = house.index.snapshot()
    key = house.key(item_id)
    evidence = snapshot.evidence({key: 1}).vectors[key][np.newaxis].copy()
    evidence[:, snapshot.layout.slice("text")] = 0
    return evidence


def test_a_job_for_an_unknown_space_fails_with_the_known_ones(house: House) -> None:
    job = house.jobs.request("reindex", {"spaces": ["sound"]}, now=house.clock())

    house.jobs_runner.run_once()

    done = house.jobs.get(job.job_id)
    assert done is not None
    assert done.state == "failed"
    assert done.error is not None
    assert "sound" in done.error
    assert "text" in done.error


def test_a_lost_collection_is_made_anew_from_sql(house: House) -> None:
    house.store.drop(house.collection)

    house.the_owner.prepare()
    house.work()

    everything_is_whole(house)


def test_another_engine_waits_for_a_rebuild_instead_of_answering_with_half_a_catalogue(
    house: House,
) -> None:
    elsewhere = House(house.database, Elsewhere())

    assert not elsewhere.the_owner.prepare()
    elsewhere.jobs.request("reindex", {"spaces": None}, now=elsewhere.clock())
    elsewhere.jobs_runner.run_once()

    assert elsewhere.the_owner.prepare()
    everything_is_whole(elsewhere)


class Elsewhere(MemoryStore):
    """A store on another machine."""

    @property
    def engine(self) -> str:
        return "memory:elsewhere"
