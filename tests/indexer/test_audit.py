"""The audit of the index: what is found, what is not taken for a fault, and what is mended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from indexer import audit as walking
from indexer.database import Database
from indexer.errors import StoreUnavailable
from indexer.faults import Check, check_of
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.patrol import EVERY, Patrol
from indexer.store import Held, Row
from indexer.tables import item_vectors, items, kept_vectors
from tests.indexer.house import House, quiet
from tests.indexer.stores import item as filterable


class Doubling(MemoryStore):
    """A store that holds some keys twice, as Milvus Lite once did, until they are deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.doubled: set[int] = set()

    def held(self, collection: str, *, above: int | None, up_to: int | None) -> Held:
        held = super().held(collection, above=above, up_to=up_to)
        return replace(held, rows=held.rows + len(self.doubled & held.revisions.keys()))

    def delete(self, collection: str, keys: object) -> None:
        super().delete(collection, keys)  # type: ignore[arg-type] # as it was given
        self.doubled -= set(keys)  # type: ignore[call-overload] # as above


class Crowded(MemoryStore):
    """A store that gives at most three keys at a time."""

    def held(self, collection: str, *, above: int | None, up_to: int | None) -> Held:
        held = super().held(collection, above=above, up_to=up_to)
        some = dict(sorted(held.revisions.items(), reverse=True)[:3])
        return Held(some, held.rows, complete=len(some) < 3)


def house(database: Database, store: MemoryStore | None = None) -> House:
    made = House(database, store or MemoryStore()).ready()
    made.put(*(Item(name, title=f"a {name}") for name in ("mug", "lamp", "shoe", "book")))
    made.work()
    return made


def audited(
    made: House, *, repair: bool = False, pause: Callable[[float], object] = lambda _: None
) -> Check:
    return made.index_audit().run(quiet, pause=pause, repair=repair)


def write(made: House, item_id: str, revision: int) -> None:
    """Write an item's row as somebody late would: with an older (or newer) revision."""
    key = made.key(item_id)
    vector = made.store._collections[made.collection].rows[key].vector  # type: ignore[attr-defined] # a fake's own
    of = replace(filterable(key), item_id=item_id)
    made.store.upsert(made.collection, [Row(revision, vector, of)])


def test_an_index_that_is_as_sql_says_has_no_faults(database: Database) -> None:
    made = house(database)
    made.delete("shoe")
    made.work()

    found = audited(made)

    assert (found.looked_at, found.found, found.in_flight, found.set_aside) == (4, 0, 0, 0)


def test_old_content_that_a_late_worker_left_is_found_and_mended(database: Database) -> None:
    made = house(database)
    made.put(Item("mug", title="a blue mug"))
    made.work()
    write(made, "mug", revision=1)  # and it died before it could say so

    found = audited(made)
    mended = audited(made, repair=True)
    made.work()

    assert found.faults == mended.faults == mended.mended == {"behind": 1}
    assert (found.examples[0].about, found.left, mended.left) == ("mug", 1, 0)
    assert made.held("mug") == 2
    assert audited(made, repair=True).found == 0


def test_each_way_in_which_an_item_can_be_wrong_has_a_name(database: Database) -> None:
    made = house(database)
    made.put(Item("gone", title="a gone one"), Item("vector", title="a lost vector"))
    made.work()
    key = made.key("gone")
    row = made.store._collections[made.collection].rows[key]  # type: ignore[attr-defined] # a fake's own
    made.delete("gone")
    made.work()
    made.store.upsert(made.collection, [row, replace(row, item=filterable(900))])
    made.store.delete(made.collection, [made.key("mug")])
    write(made, "lamp", revision=7)
    with database.writing() as connection:
        of_it = select(item_vectors.c.digest).where(item_vectors.c.item_key == made.key("vector"))
        digest = connection.scalar(of_it)
        connection.execute(
            update(items).where(items.c.item_id == "shoe").values(indexed_revision=None)
        )
        connection.execute(delete(kept_vectors).where(kept_vectors.c.digest == digest))

    found = audited(made)

    assert found.faults == {
        "undeleted": 1,
        "stray": 1,
        "missing": 1,
        "ahead": 1,
        "unstamped": 1,
        "vector_gone": 1,
    }
    audited(made, repair=True)
    made.work()
    assert audited(made).found == 0
    assert made.held("mug") == made.held("lamp") == 1


def test_what_waits_for_a_worker_is_in_flight_and_no_fault(database: Database) -> None:
    made = house(database)
    made.put(Item("mug", title="a blue mug"), Item("new", title="new"))

    found = audited(made)

    assert (found.found, found.in_flight) == (0, 2)


def test_what_was_set_aside_is_told_and_not_mended(database: Database) -> None:
    made = house(database)
    made.put(Item("mug", title="a blue mug"))
    held = made.queue.claim("me", limit=9, lease=timedelta(seconds=9), now=made.clock())
    made.queue.set_aside(held, reason="poison", now=made.clock())

    found = audited(made, repair=True)

    assert (found.found, found.set_aside, found.mended) == (0, 1, {})


def test_what_moves_between_two_looks_is_looked_at_again(database: Database) -> None:
    made = house(database)
    write(made, "mug", revision=0)
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        write(made, "mug", revision=1)

    assert audited(made, pause=pause).found == 0
    assert waited == [walking.PAUSES[0]]


def test_pages_and_rows_nobody_knows_are_all_looked_at(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "PAGE", 2)
    monkeypatch.setattr(walking, "MOST_DOUBTS", 1)
    made = house(database, Crowded())
    row = made.store._collections[made.collection].rows[made.key("mug")]  # type: ignore[attr-defined] # a fake's own
    strays = [replace(row, item=filterable(key)) for key in range(-10, 0)]
    made.store.upsert(made.collection, strays)

    rounds = 0
    while audited(made, repair=True).found:
        rounds += 1

    assert rounds > 1
    assert made.store.count(made.collection) == 4
    assert audited(made).looked_at == 4


def test_a_key_that_is_there_twice_is_found_and_written_once(database: Database) -> None:
    store = Doubling()
    made = house(database, store)
    store.doubled = {made.key("lamp")}

    found = audited(made)
    audited(made, repair=True)
    made.work()

    assert found.faults == {"doubled": 1}
    assert found.examples[0].about == "lamp"
    assert audited(made).found == 0
    assert made.held("lamp") == 1


def test_the_walk_begins_anew_when_another_generation_becomes_live(database: Database) -> None:
    made = house(database)
    first = made.collection
    done: list[str] = []

    def progress(phase: str, at: int, total: int) -> None:
        del phase, at, total
        done.append(made.collection)
        if len(done) == 1:
            live = made.generations.live(made.store.engine)
            assert live is not None
            made.rebuilding.reindex(live.spaces, quiet)

    found = made.index_audit().run(progress, pause=lambda _: None)

    assert found.found == 0
    assert done[0] == first
    assert set(done[1:]) == {made.collection}


def test_an_audit_gives_up_where_generations_never_stand_still(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = house(database)
    live = made.generations.live(made.store.engine)
    assert live is not None
    numbers = iter(range(100))
    monkeypatch.setattr(
        made.generations, "live", lambda _: replace(live, generation_id=next(numbers))
    )

    with pytest.raises(StoreUnavailable, match="became live"):
        audited(made)


def test_a_collection_that_is_gone_is_one_fault(database: Database) -> None:
    made = house(database)
    made.store.drop(made.collection)

    found = audited(made, repair=True)

    assert found.faults == {"collection_gone": 1}
    assert found.left == 1


def test_without_an_index_an_empty_catalogue_is_well_and_another_is_not(database: Database) -> None:
    made = House(database, MemoryStore())
    nothing = audited(made)
    made.put(Item("mug", title="a mug"))

    found = audited(made)

    assert (nothing.found, nothing.skipped is None) == (0, False)
    assert found.faults == {"no_index": 1}


def test_whoever_owns_the_index_audits_it_when_asked_in_sql(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "PAUSES", (0.001,))
    made = house(database)
    made.store.delete(made.collection, [made.key("mug")])
    made.time.pass_(timedelta(seconds=1))
    job = made.jobs.request("audit", {"repair": True}, now=made.clock())

    made.jobs_runner.run_once()

    told = made.jobs.get(job.job_id)
    assert told is not None
    assert told.state == "done"
    check = check_of(told.progress)
    assert check.mended == {"missing": 1}
    assert check.examples[0].about == "mug"


def patrolled(made: House, patrol: Patrol, rounds: int = 1) -> None:
    for _ in range(rounds):
        made.time.pass_(EVERY)
        made.jobs.heartbeat("me", made.store.engine, until=made.clock() + EVERY)
        patrol.look(lambda _: None)


def test_what_a_late_worker_left_is_mended_without_anybody_asking(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "PAGE", 3)
    made = house(database)
    made.put(Item("mug", title="a blue mug"), Item("book", title="a blue book"))
    made.work()
    write(made, "mug", revision=1)
    write(made, "book", revision=1)
    patrol = made.patrol("me")

    patrolled(made, patrol)  # it has only just begun
    first = made.queue.depth().waiting
    patrolled(made, patrol, rounds=4)
    made.work()

    assert first == 0
    assert made.held("mug") == made.held("book") == 2


def test_of_many_workers_the_first_patrols(database: Database) -> None:
    made = house(database)
    made.put(Item("mug", title="a blue mug"))
    made.work()
    write(made, "mug", revision=1)
    made.jobs.heartbeat("a", made.store.engine, until=made.clock() + 9 * EVERY)

    patrolled(made, made.patrol("me"), rounds=3)

    assert made.queue.depth().waiting == 0
