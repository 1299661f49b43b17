from datetime import timedelta

import pytest

from indexer.database import Database
from indexer.inspection import Failure, Inspection, OpenJob, Reason
from indexer.jobs import Jobs
from indexer.tables import EPOCH
from tests.indexer.shop import NOON, Shop, at


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


@pytest.fixture
def inspection(database: Database) -> Inspection:
    return Inspection(database)


def test_of_empty_records_little_can_be_said(inspection: Inspection) -> None:
    assert inspection.reasons() == []
    assert inspection.searchable() == 0
    assert inspection.open_job(now=NOON) is None
    assert inspection.last_failure() is None
    assert inspection.newest_moment() is None


def test_reasons_are_counted_the_most_frequent_first(shop: Shop, inspection: Inspection) -> None:
    for name in "abcd":
        shop.put(name)
    claims = shop.claim()
    shop.queue.set_aside(claims[:1], reason="a", now=NOON)
    shop.queue.set_aside(claims[1:3], reason="z", now=NOON)
    shop.queue.set_aside(claims[3:], reason="b", now=NOON)

    assert inspection.reasons(limit=2) == [Reason("z", 2), Reason("a", 1)]


def test_searchable_are_those_confirmed_and_not_deleted(shop: Shop, inspection: Inspection) -> None:
    for name in "abc":
        shop.put(name)
    shop.complete(shop.claim(limit=2))
    shop.delete("a", seconds=1)

    assert inspection.searchable() == 1


def test_a_job_is_held_until_its_lease_runs_out(database: Database, inspection: Inspection) -> None:
    jobs = Jobs(database)
    job = jobs.request("reindex", {}, now=NOON)
    waits = inspection.open_job(now=NOON)
    jobs.claim("me", lease=timedelta(seconds=15), now=NOON)
    runs = inspection.open_job(now=at(14))
    lost = inspection.open_job(now=at(15))
    jobs.finish(job.job_id, error="no room", now=at(15))

    assert waits == lost == OpenJob("reindex", NOON, held=False)
    assert runs == OpenJob("reindex", NOON, held=True)
    assert inspection.open_job(now=NOON) is None
    assert inspection.last_failure() == Failure("reindex", "no room")


def test_the_newest_moment_is_the_latest_of_all(
    database: Database, shop: Shop, inspection: Inspection
) -> None:
    shop.put("mug", seconds=5)
    written = inspection.newest_moment()
    Jobs(database).heartbeat("me", "engine", until=at(9))

    assert (written, inspection.newest_moment()) == (at(5), at(9))


def test_only_a_server_has_a_clock_of_its_own(
    sqlite_database: Database, postgres_database: Database
) -> None:
    first = Inspection(postgres_database).clock()
    second = Inspection(postgres_database).clock()

    assert Inspection(sqlite_database).clock() is None
    assert first is not None
    assert second is not None
    assert EPOCH + first > NOON
    assert second > first
