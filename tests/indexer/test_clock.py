"""A clock that jumps: nothing waits for a time that is long in coming, and nothing old wins."""

from datetime import timedelta

import pytest

from indexer.database import Database
from indexer.items import Item
from indexer.memory import MemoryStore
from tests.indexer.house import House

DAY = timedelta(days=1)


@pytest.fixture
def house(database: Database) -> House:
    return House(database, MemoryStore()).ready()


def revision(house: House, item_id: str) -> int | None:
    status = house.catalogue.status(item_id)
    assert status is not None
    return status.indexed_revision


def test_what_was_queued_by_a_clock_that_went_back_is_done_at_once(house: House) -> None:
    house.work()
    house.put(Item("mug", title="Mug"))

    house.time.pass_(-DAY)

    assert house.work() == 1
    assert revision(house, "mug") == 1


def test_so_it_is_by_a_worker_that_starts_after_the_clock_went_back(house: House) -> None:
    house.put(Item("mug", title="Mug"))
    house.time.pass_(-DAY)

    assert house.another_worker("new").run_once() == 1

    assert revision(house, "mug") == 1


def test_a_dead_workers_lease_of_a_clock_that_went_back_runs_out_all_the_same(
    house: House,
) -> None:
    house.put(Item("mug", title="Mug"))
    lease = house.settings.lease
    assert len(house.queue.claim("dead", limit=1, lease=lease, now=house.clock())) == 1
    house.time.pass_(-DAY)

    assert house.work() == 0  # it might live, and renew
    house.time.pass_(lease)

    assert house.work() == 1


def test_a_wait_that_was_earned_by_failing_is_no_longer_than_waits_are(house: House) -> None:
    house.put(Item("mug", title="Mug"))
    claims = house.queue.claim("one", limit=1, lease=house.settings.lease, now=house.clock())
    later = house.clock() + timedelta(seconds=2)
    house.queue.postpone(claims, due_at=later, reason="it failed", counted=True)
    house.time.pass_(-DAY)

    assert house.work() == 1


def test_a_clock_that_leaps_ahead_lets_two_work_but_only_the_later_complete(house: House) -> None:
    house.put(Item("mug", title="Mug"))
    lease = house.settings.lease
    early = house.queue.claim("early", limit=1, lease=lease, now=house.clock())
    house.time.pass_(DAY)
    late = house.queue.claim("late", limit=1, lease=lease, now=house.clock())

    done = house.queue.complete(late, generation=None, now=house.clock())
    again = house.queue.complete(early, generation=None, now=house.clock())

    assert (done, again) == (late, [])


def test_a_job_whose_runner_died_is_taken_up_although_the_clock_went_back(house: House) -> None:
    lease = timedelta(seconds=15)
    asked = house.jobs.request("reindex", {}, now=house.clock())
    assert house.jobs.claim("dead", lease=lease, now=house.clock()) is not None
    assert house.jobs.claim("other", lease=lease, now=house.clock()) is None
    house.time.pass_(-DAY)

    taken = house.jobs.claim("other", lease=lease, now=house.clock())

    assert taken is not None
    assert taken.job_id == asked.job_id


def test_a_worker_that_said_it_lives_until_tomorrow_is_not_believed(house: House) -> None:
    now = house.clock()
    house.jobs.heartbeat("gone", "memory", until=now + timedelta(seconds=8))
    assert house.jobs.alive("memory", now=now) == ["gone"]

    assert house.jobs.alive("memory", now=now - DAY) == []
