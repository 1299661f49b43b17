from datetime import timedelta

import pytest

from indexer.database import Database
from indexer.jobs import Job
from indexer.timetable import LOOK_EVERY, SOONER_AFTER, Pace
from tests.indexer.house import House
from tests.indexer.walks import STEPS, Walks, walked

DAY = timedelta(days=1)
PACE = Pace(every=DAY, least=50 * STEPS, growth=0.1)


@pytest.fixture
def shop(sqlite_database: Database) -> tuple[House, Walks]:
    return walked(sqlite_database, pace=PACE)


def due(house: House, *, after: timedelta = LOOK_EVERY) -> Job | None:
    """Return what is asked for when some time has passed; it is not done yet."""
    house.time.pass_(after)
    house.jobs_runner.train_when_due()
    if not house.jobs.unfinished():
        return None
    return house.jobs.last("train")


def done(house: House) -> None:
    assert house.jobs_runner.run_once()
    job = house.jobs.last("train")
    assert job is not None
    assert job.error is None


def test_a_first_training_is_asked_for_when_there_is_enough(shop: tuple[House, Walks]) -> None:
    house, walks = shop
    walks.people = 49
    early = due(house)
    walks.people = 50

    job = due(house)

    assert early is None
    assert job is not None
    assert job.arguments["force"] is False
    assert str(job.arguments["training"]).startswith("behaviour:")


def test_another_waits_for_its_day_and_for_something_new(shop: tuple[House, Walks]) -> None:
    house, walks = shop
    due(house)
    done(house)

    unchanged = due(house, after=DAY)
    walks.people += 5
    little = due(house)
    walks.people += 1
    enough = due(house)

    assert unchanged is little is None
    assert enough is not None


def test_what_is_new_waits_for_its_day(shop: tuple[House, Walks]) -> None:
    house, walks = shop
    due(house)
    done(house)
    walks.people += 30

    early = due(house, after=DAY - 2 * LOOK_EVERY)
    on_time = due(house, after=2 * LOOK_EVERY)

    assert early is None
    assert on_time is not None


def test_a_shop_that_moves_in_is_learned_from_again_before_its_day(
    shop: tuple[House, Walks],
) -> None:
    house, walks = shop
    due(house)
    done(house)
    walks.people *= 2

    at_once = due(house)
    soon = due(house, after=SOONER_AFTER)

    assert at_once is None
    assert soon is not None


def test_after_a_failure_nothing_is_asked_for_before_the_next_day(
    shop: tuple[House, Walks],
) -> None:
    house, walks = shop
    job = due(house)
    assert job is not None
    house.jobs.finish(job.job_id, error="refused", now=house.clock())
    walks.people *= 3

    early = due(house, after=DAY - 2 * LOOK_EVERY)
    on_time = due(house, after=2 * LOOK_EVERY)

    assert early is None
    assert on_time is not None


def test_nothing_is_asked_for_beside_another_job(shop: tuple[House, Walks]) -> None:
    house, _ = shop
    house.jobs.request("reindex", {}, now=house.clock())

    due(house)

    assert house.jobs.last("train") is None


def test_interactions_are_counted_once_a_minute_at_most(shop: tuple[House, Walks]) -> None:
    house, walks = shop
    walks.people = 1
    due(house)
    walks.people = 60

    again = due(house, after=LOOK_EVERY / 2)

    assert again is None
    assert walks.asked == [None]


def test_nothing_is_asked_for_where_it_is_never_to_be(sqlite_database: Database) -> None:
    house, walks = walked(sqlite_database, pace=Pace(every=timedelta(0), least=1))

    assert due(house) is None
    assert walks.asked == []


def test_where_old_interactions_go_as_new_ones_come_what_is_new_still_counts(
    shop: tuple[House, Walks],
) -> None:
    house, walks = shop
    due(house)
    done(house)
    walks.gone = 30
    walks.people += 30

    job = due(house, after=DAY)

    assert walks.since(None) == 60 * STEPS
    assert job is not None
