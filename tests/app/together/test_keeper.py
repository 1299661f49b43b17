import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.together import keeper as module
from app.together.keeper import Keeper
from app.together.pairs import Pairs
from app.together.refresh import LEASE, Report
from app.together.settings import TogetherSettings
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, did
from tests.service import until

HOUR = timedelta(hours=1)

Make = Callable[..., Keeper]


@pytest.fixture
def told() -> list[Report | None]:
    return []


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def keeper(sqlite_database: Database, told: list[Report | None], stopping: threading.Event) -> Make:
    def make(*, every: timedelta = HOUR, hours: int = 0, minutes: int | list[int] = 0) -> Keeper:
        moving = minutes if isinstance(minutes, list) else [minutes]
        return Keeper(
            sqlite_database,
            TogetherSettings(),
            "me",
            every=every,
            stopping=stopping,
            clock=lambda: NOW + hours * HOUR + timedelta(minutes=moving[0]),
            tell=told.append,
        )

    return make


def test_it_counts_when_the_last_count_is_too_old(
    keeper: Make, told: list[Report | None], sqlite_database: Database
) -> None:
    for hours in (0, 0, 1, 2, 2):
        keeper(hours=hours).run_once()

    assert len(told) == 2  # one that is an hour old is not older than an hour
    assert Pairs(sqlite_database).counted_at() == NOW + 2 * HOUR


def test_where_there_is_twice_as_much_it_counts_ten_minutes_after_the_last_time(
    keeper: Make, told: list[Report | None], sqlite_database: Database
) -> None:
    add_items(sqlite_database, "mug")
    history = Interactions(sqlite_database, Popularity(sqlite_database))
    found = []

    for minutes, views in ((0, 4), (9, 4), (11, 0), (22, 7), (33, 1), (44, 0)):
        history.record([did("ana", "view", "mug") for _ in range(views)], now=NOW)
        keeper(minutes=minutes).run_once()
        found.append([each.interactions for each in told if each is not None])

    assert found == [[4], [4], [4, 8], [4, 8], [4, 8, 16], [4, 8, 16]]


def test_whether_there_is_more_is_looked_at_every_ten_minutes(
    keeper: Make, told: list[Report | None], sqlite_database: Database
) -> None:
    add_items(sqlite_database, "mug")
    history = Interactions(sqlite_database, Popularity(sqlite_database))
    clock = [0]
    one = keeper(minutes=clock)

    for minutes, views in ((0, 2), (11, 0), (12, 9), (20, 0), (22, 0)):
        history.record([did("ana", "view", "mug") for _ in range(views)], now=NOW)
        clock[0] = minutes
        one.run_once()

    assert [each.interactions for each in told if each is not None] == [2, 11]
    assert Pairs(sqlite_database).counted_at() == NOW + timedelta(minutes=22)


def test_a_shop_that_is_counted_more_often_than_that_is_not_counted_less(
    keeper: Make, told: list[Report | None], sqlite_database: Database
) -> None:
    add_items(sqlite_database, "mug")
    history = Interactions(sqlite_database, Popularity(sqlite_database))

    for minutes in (0, 6):
        history.record([did("ana", "view", "mug")] * 3, now=NOW)
        keeper(every=timedelta(minutes=5), minutes=minutes).run_once()

    assert len(told) == 2


def test_while_another_process_counts_it_waits(
    keeper: Make, told: list[Report | None], sqlite_database: Database
) -> None:
    Pairs(sqlite_database).claim("another", lease=LEASE, now=NOW)

    keeper().run_once()

    assert told == []


def test_a_count_in_hand_ends_when_the_process_does(
    keeper: Make,
    told: list[Report | None],
    stopping: threading.Event,
    sqlite_database: Database,
) -> None:
    stopping.set()

    keeper().run_once()

    assert told == []
    assert Pairs(sqlite_database).counted_at() is None
    assert Pairs(sqlite_database).claim("another", lease=LEASE, now=NOW) is not None


def test_what_goes_wrong_is_told_and_the_next_look_tries_again(
    keeper: Make, told: list[Report | None], sqlite_database: Database
) -> None:
    sqlite_database.engine.dispose()
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE interactions RENAME TO hidden")

    keeper().run_once()
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO interactions")
    keeper().run_once()

    assert told[0] is None
    assert told[1] is not None


def test_it_runs_by_itself_until_stopped(
    keeper: Make,
    told: list[Report | None],
    stopping: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    sqlite_database: Database,
) -> None:
    monkeypatch.setattr(module, "LOOK", timedelta(milliseconds=5))
    add_items(sqlite_database, "mug")
    history = Interactions(sqlite_database, Popularity(sqlite_database))
    history.record([did("ana", "view", "mug")], now=NOW)
    thread = threading.Thread(target=keeper().run)

    thread.start()
    until(lambda: bool(told), seconds=30, what="something was counted")
    stopping.set()
    thread.join()

    assert told[0] is not None
    assert told[0].interactions == 1


def test_never_means_never(keeper: Make, told: list[Report | None]) -> None:
    keeper(every=timedelta(0)).run()  # returns at once

    assert told == []
