"""The audit of SQL's own records: rows that belong to nothing, copies that differ, lost writes."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update

from indexer import bookkeeping
from indexer.bookkeeping import Bookkeeping
from indexer.database import Database
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.tables import (
    generations,
    item_categories,
    items,
    jobs,
    live,
    work,
)
from indexer.upkeep import GRACE, Upkeep
from tests.indexer.house import House
from tests.indexer.shop import Shop, at


def filled(database: Database) -> House:
    made = House(database, MemoryStore()).ready()
    made.put(
        Item("mug", title="a mug", categories=("kitchen", "mugs")),
        Item("lamp", title="a lamp", categories=("home",)),
        Item("shoe", title="a shoe"),
    )
    made.work()
    made.delete("shoe")
    made.work()
    return made


def test_records_that_agree_have_no_faults(database: Database) -> None:
    filled(database)
    books = Bookkeeping(database)

    found = [books.strays(), books.writes(), books.categories()]

    assert [check.found for check in found] == [0, 0, 0]
    assert all(check.looked_at for check in found)


def test_rows_of_no_item_are_found_and_deleted(database: Database) -> None:
    made = filled(database)
    with database.writing() as connection:
        connection.execute(delete(items).where(items.c.item_id.in_(["mug", "lamp"])))
    books = Bookkeeping(database)

    found = books.strays()
    mended = books.strays(repair=True)

    assert found.faults == mended.faults == mended.mended == {"stray": 5}
    assert any("item_vectors" in fault.seen for fault in found.examples)
    assert books.strays(repair=True).found == 0
    assert made.kept.of_items([1, 2], {"text": "x"}) == {}


def test_an_acknowledged_write_that_is_not_there_is_lost(database: Database) -> None:
    made = filled(database)
    with database.writing() as connection:
        connection.execute(update(items).where(items.c.item_id == "mug").values(revision=0))
        connection.execute(delete(items).where(items.c.item_id == "lamp"))

    found = Bookkeeping(database).writes()

    assert found.faults == {"write_lost": 2}
    assert {fault.about for fault in found.examples} == {"mug", "lamp"}
    del made


def test_rows_by_category_that_differ_are_written_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookkeeping, "PAGE", 1)
    filled(database)
    books = Bookkeeping(database)
    with database.writing() as connection:
        connection.execute(delete(item_categories).where(item_categories.c.category == "mugs"))
        home = item_categories.c.category == "home"
        connection.execute(update(item_categories).where(home).values(available=False))

    found = books.categories()
    mended = books.categories(repair=True)

    assert found.faults == mended.mended == {"category_differs": 2}
    assert books.categories().found == 0


def test_work_that_waits_with_nobody_alive_is_a_fault_and_with_somebody_is_none(
    database: Database,
) -> None:
    made = filled(database)
    made.put(Item("new", title="new"))
    upkeep = Upkeep(database, made.store.engine)

    nobody = upkeep.queue(now=made.clock())
    made.jobs.heartbeat("worker", made.store.engine, until=made.clock() + timedelta(seconds=8))
    somebody = upkeep.queue(now=made.clock())

    assert nobody.faults == {"nobody": 1}
    assert nobody.left == 1
    assert (somebody.found, somebody.looked_at) == (0, 1)


def test_a_lease_that_ran_out_long_ago_is_let_go(database: Database) -> None:
    shop = Shop(database)
    shop.put("mug")
    shop.claim(0, owner="dead")
    late = at(30) + 2 * GRACE
    House(database, MemoryStore()).jobs.heartbeat("living", "engine", until=late + GRACE)
    upkeep = Upkeep(database, "engine")

    found = upkeep.queue(now=late)
    mended = upkeep.queue(now=late, repair=True)

    assert found.faults == mended.mended == {"overdue": 1}
    assert upkeep.queue(now=late).found == 0
    assert [claim.token for claim in shop.claim(200, owner="living")] == [2]


def test_a_row_that_does_not_fit_its_item_is_put_right(database: Database) -> None:
    shop = Shop(database)
    shop.put("mug")
    shop.put("lamp")
    with database.writing() as connection:
        key = shop.item("mug").key
        connection.execute(update(work).where(work.c.item_key == key).values(revision=0))
        key = shop.item("lamp").key
        connection.execute(update(items).where(items.c.key == key).values(fence=9))
    upkeep = Upkeep(database, "engine")

    found = upkeep.queue(now=at(0), repair=True)

    assert found.mended == {"misfit": 2}
    claims = {claim.item_key: claim for claim in shop.claim(1)}
    assert claims[shop.item("mug").key].revision == 1
    assert claims[shop.item("lamp").key].token == 10


def test_jobs_that_nobody_does_are_told(database: Database) -> None:
    made = House(database, MemoryStore()).ready()
    upkeep = Upkeep(database, made.store.engine)
    made.jobs.request("reindex", {"spaces": None}, now=made.clock())

    nobody = upkeep.jobs(now=made.clock())
    long = made.clock() + 2 * GRACE
    made.jobs.heartbeat("living", made.store.engine, until=long + GRACE)
    overdue = upkeep.jobs(now=long)
    made.jobs.claim("living", lease=GRACE, now=long)
    held = upkeep.jobs(now=long)
    with database.writing() as connection:
        values = {"kind": "train", "arguments": {}, "state": "running", "progress": {}}
        leased = {"lease_owner": "x", "lease_until": long + GRACE, "requested_at": long}
        connection.execute(insert(jobs).values({**values, **leased}))
    two = upkeep.jobs(now=long)

    assert nobody.faults == {"job_nobody": 1}
    assert overdue.faults == {"job_overdue": 1}
    assert held.found == 0
    assert two.faults == {"two_jobs": 1}


def test_generations_that_contradict_the_pointer_are_told(database: Database) -> None:
    made = House(database, MemoryStore()).ready()
    upkeep = Upkeep(database, made.store.engine)
    first = made.generations.live(made.store.engine)
    assert first is not None
    well = upkeep.generations()
    made.generations.start(
        made.store.engine, first.spaces, geometry=None, live=False, now=made.clock()
    )
    with database.writing() as connection:
        connection.execute(update(live).values(generation_id=first.generation_id + 1))

    found = upkeep.generations()

    assert well.found == 0
    assert found.faults == {"pointer": 2}
    with database.writing() as connection:
        connection.execute(update(generations).values(state="building"))
    assert upkeep.generations().faults == {"pointer": 1, "two_built": 1}
