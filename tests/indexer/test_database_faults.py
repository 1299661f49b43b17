"""A PostgreSQL that is silent, gone or slow: callers are told so in time, and soon at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from indexer.breaker import Breaker
from indexer.database import Database
from indexer.errors import DatabaseLost, DatabaseUnavailable
from indexer.patience import patience
from tests.indexer.test_breaker import Seconds
from tests.postgres_server import PostgresServer
from tests.relay import Relay, relayed

SOON = timedelta(milliseconds=300)

# A wait that nothing bounds would end with the test's own time-out; a busy machine is slower than
# the limits under test, not slower than this.
AT_MOST_SECONDS = 30.0


@pytest.fixture
def relay(postgres_server: PostgresServer) -> Iterator[Relay]:
    with relayed(postgres_server.port) as relay:
        yield relay


@contextmanager
def opened(relay: Relay, breaker: Breaker) -> Iterator[Database]:
    url = f"postgresql://postgres@127.0.0.1:{relay.port}/postgres"
    database = Database(url, breaker=breaker)
    try:
        database.ping()
        yield database
    finally:
        database.close()


def test_a_server_that_falls_silent_is_given_up_and_found_again(relay: Relay) -> None:
    seconds = Seconds()
    with opened(relay, Breaker(1, timedelta(seconds=5), clock=seconds)) as database:
        relay.fall_silent()
        began = time.monotonic()
        with patience(SOON), pytest.raises(DatabaseLost, match="did not answer"):
            database.ping()
        assert time.monotonic() - began < AT_MOST_SECONDS
        with pytest.raises(DatabaseLost, match="a moment ago"):
            database.ping()
        relay.resume()
        with pytest.raises(DatabaseLost, match="a moment ago"):
            database.ping()
        assert database.breaker.refused == 2

        seconds.now += 5

        assert database.ping().startswith("PostgreSQL")
        assert not database.breaker.is_open


def test_an_answer_that_stops_in_the_middle_is_given_up_and_its_connection_with_it(
    relay: Relay,
) -> None:
    with opened(relay, Breaker(5)) as database:

        def ask_twice() -> None:
            with database.reading() as connection:
                assert connection.scalar(text("SELECT 1")) == 1
                relay.fall_silent()
                connection.scalar(text("SELECT 2"))

        with patience(SOON), pytest.raises(DatabaseLost):
            ask_twice()
        relay.resume()

        with database.reading() as connection:
            assert connection.scalar(text("SELECT 3")) == 3


def test_a_server_that_cuts_its_connections_opens_the_breaker(relay: Relay) -> None:
    with opened(relay, Breaker(2, clock=Seconds())) as database:
        relay.cut()

        for _ in range(2):
            with pytest.raises(DatabaseLost):
                database.ping()

        assert database.breaker.is_open


def test_a_slow_statement_is_given_up_but_is_no_reason_to_turn_others_away(relay: Relay) -> None:
    with opened(relay, Breaker(2, clock=Seconds())) as database:
        for _ in range(3):
            with (
                patience(SOON),
                pytest.raises(DatabaseUnavailable),
                database.reading() as connection,
            ):
                connection.execute(select(func.pg_sleep(60)))

        assert not database.breaker.is_open
        assert database.ping().startswith("PostgreSQL")


def test_the_shorter_of_two_limits_holds(relay: Relay) -> None:
    with opened(relay, Breaker(5)) as database, patience(SOON), patience(timedelta(minutes=5)):
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable), database.reading() as connection:
            connection.execute(select(func.pg_sleep(60)))

    assert time.monotonic() - began < AT_MOST_SECONDS
