import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from indexer.database import Database
from indexer.errors import JobFailed
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.runner import Interrupted
from tests.indexer.house import BOTH, House, quiet

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
