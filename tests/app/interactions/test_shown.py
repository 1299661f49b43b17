import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Row, select

from app.interactions.shown import RecommendationLog
from app.interactions.tables import recommendations
from app.recommend.answers import Answer, Recommended
from indexer.catalogue import Candidate
from indexer.database import Database
from indexer.items import filterable
from tests.app.interactions.people import NOW
from tests.postgres_server import PostgresServer


def answer(number: int) -> Answer:
    shown = (
        Recommended(candidate("shoe"), 0.75, "exploration", 0.5),
        Recommended(candidate("hat"), 12.0, "trending"),
    )
    return Answer(f"answer-{number}", 3, shown, None)


def candidate(item_id: str) -> Candidate:
    item = filterable(
        key=1,
        item_id=item_id,
        categories=(),
        price=None,
        available=True,
        created_at=NOW,
        attributes={},
    )
    return Candidate(item, None, None, 1, 1)


def put(log: RecommendationLog, number: int, *, ago: timedelta = timedelta(0)) -> None:
    log.put(answer(number), kind="for-you", user_id="ann", request={"limit": 2}, now=NOW - ago)


def rows(database: Database) -> list[Row[tuple[object, ...]]]:
    with database.reading() as connection:
        return list(
            connection.execute(
                select(recommendations).order_by(recommendations.c.recommendation_id)
            )
        )


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_answer_is_written_within_a_moment(database: Database) -> None:
    log = RecommendationLog(database, "salt")
    log.start()
    try:
        put(log, 1)
        until(lambda: len(rows(database)) == 1)
    finally:
        log.stop()

    (row,) = rows(database)
    assert row.kind == "for-you"
    assert row.request == {"limit": 2}
    assert row.generation == 3
    assert row.shown_at == NOW
    assert row.items == [
        {"item_id": "shoe", "source": "exploration", "score": 0.75, "propensity": 0.5},
        {"item_id": "hat", "source": "trending", "score": 12.0, "propensity": 1.0},
    ]


def test_stopping_writes_out_what_waits(database: Database) -> None:
    log = RecommendationLog(database, "salt", interval=timedelta(hours=1))
    log.start()
    for number in range(450):
        put(log, number)

    log.stop()
    log.stop()

    assert len(rows(database)) == 450
    assert (log.dropped, log.failed, log.waiting) == (0, 0, 0)


def test_a_log_can_be_started_again(database: Database) -> None:
    log = RecommendationLog(database, "salt")
    for number in range(2):
        log.start()
        put(log, number)
        log.stop()

    assert len(rows(database)) == 2


def test_a_person_is_known_by_a_hash_that_needs_the_salt(sqlite_database: Database) -> None:
    log = RecommendationLog(sqlite_database, "salt")
    other = RecommendationLog(sqlite_database, "another salt")

    named = log.person("ann")

    assert named is not None
    assert len(named) == 64
    assert "ann" not in named
    assert named == log.person("ann")
    assert named not in {log.person("bob"), other.person("ann")}
    assert log.person(None) is None


def test_what_does_not_fit_is_dropped_and_counted(sqlite_database: Database) -> None:
    log = RecommendationLog(sqlite_database, "salt", capacity=3)
    for number in range(5):
        put(log, number)

    log.start()
    log.stop()

    assert log.dropped == 2
    assert [row.recommendation_id for row in rows(sqlite_database)] == [
        "answer-0",
        "answer-1",
        "answer-2",
    ]


def test_the_same_answer_twice_is_written_once(database: Database) -> None:
    log = RecommendationLog(database, "salt")
    put(log, 1)
    put(log, 1)

    log.start()
    log.stop()

    assert len(rows(database)) == 1
    assert log.failed == 0


def test_a_database_that_is_gone_costs_answers_but_no_error(
    postgres_server: PostgresServer, migrated_postgres: str
) -> None:
    name = postgres_server.create_database(template=migrated_postgres)
    database = Database(postgres_server.url(name))
    log = RecommendationLog(database, "salt", interval=timedelta(milliseconds=10))
    log.start()
    try:
        put(log, 1)
        until(lambda: len(rows(database)) == 1)
        postgres_server.drop_database(name)
        put(log, 2)
        until(lambda: log.dropped == 1)
    finally:
        log.stop()
        database.close()

    assert log.failed == 2


def test_answers_past_their_retention_are_forgotten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.interactions.shown.FORGOTTEN_AT_ONCE", 2)
    log = RecommendationLog(database, "salt")
    for number in range(6):
        put(log, number, ago=timedelta(days=number))
    log.start()
    log.stop()

    forgotten = log.forget(before=NOW - timedelta(days=1, hours=1))

    assert forgotten == 4
    assert [row.recommendation_id for row in rows(database)] == ["answer-0", "answer-1"]


def test_what_was_asked_for_last_is_read_newest_first(database: Database) -> None:
    log = RecommendationLog(database, "salt")
    log.start()
    for number in range(4):
        put(log, number, ago=timedelta(minutes=number))
    log.stop()

    newest = log.newest(limit=3)

    assert [each.shown_at for each in newest] == [
        NOW - timedelta(minutes=number) for number in range(3)
    ]
    first = newest[0]
    assert (first.person, first.kind, first.request) == (
        log.person("ann"),
        "for-you",
        {"limit": 2},
    )
