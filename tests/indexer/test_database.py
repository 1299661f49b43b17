import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from indexer.database import LIST_LIMIT, POOL_OVERFLOW, POOL_SIZE, Database, alone, slices
from indexer.errors import DatabaseUnavailable, StorageFull
from indexer.tables import facts
from tests.postgres_server import running_postgres_server
from tests.threads import together


def keep(connection: Connection, name: str, value: str = "1") -> None:
    connection.execute(insert(facts).values(name=name, value=value))


def keep_all(database: Database, *values: tuple[str, str]) -> None:
    """Keep facts in one transaction."""
    with database.writing() as connection:
        for name, value in values:
            keep(connection, name, value)


def kept(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(select(facts.c.name)))


@pytest.fixture
def impatient(database: Database) -> Iterator[Database]:
    """The same database, by a pool that waits for next to nothing."""
    url = database.engine.url.render_as_string(hide_password=False)
    opened = Database(url, lock_wait=timedelta(milliseconds=50))
    yield opened
    opened.close()


def test_what_was_written_is_there_for_others(database: Database) -> None:
    with database.writing() as connection:
        keep(connection, "a")

    assert kept(database) == {"a"}


def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    with pytest.raises(IntegrityError):
        keep_all(database, ("a", "1"), ("b", "1"), ("a", "2"))

    assert kept(database) == set()


def test_a_read_sees_one_moment(database: Database) -> None:
    with database.reading() as connection:
        count = select(func.count()).select_from(facts)
        before = connection.scalar(count)

        with database.writing() as other:
            keep(other, "a")

        assert connection.scalar(count) == before == 0


def test_writers_wait_for_each_other_instead_of_losing_an_update(database: Database) -> None:
    with database.writing() as connection:
        keep(connection, "counter", "0")

    def add_one() -> None:
        with database.writing() as connection:
            alone(connection, "counter")
            value = connection.scalar(select(facts.c.value).where(facts.c.name == "counter"))
            connection.execute(facts.update().values(value=str(int(value or "0") + 1)))

    together(*[add_one] * 8)

    with database.reading() as connection:
        assert connection.scalar(select(facts.c.value)) == "8"


def test_a_lock_held_for_too_long_is_said_to_be_worth_another_try(
    database: Database, impatient: Database
) -> None:
    with database.writing() as connection:
        alone(connection, "something")
        keep(connection, "a")

        with pytest.raises(DatabaseUnavailable, match="try again later"):
            together(partial(_take_alone, impatient))


def test_a_write_waits_for_another_by_the_same_pool_no_longer_than_is_allowed(
    impatient: Database,
) -> None:
    with impatient.writing() as connection:
        alone(connection, "something")

        with pytest.raises(DatabaseUnavailable, match="try again later"):
            together(partial(_take_alone, impatient))

    _take_alone(impatient)


def _take_alone(database: Database) -> None:
    with database.writing() as connection:
        alone(connection, "something")


def test_a_pool_that_is_used_up_is_said_to_be_worth_another_try(impatient: Database) -> None:
    with ExitStack() as held:
        for _ in range(POOL_SIZE + POOL_OVERFLOW):
            held.enter_context(impatient.reading())

        with pytest.raises(DatabaseUnavailable, match="no connection to the database was free"):
            kept(impatient)


def test_a_mistake_of_the_program_passes_as_it_is(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    with pytest.raises(IntegrityError):
        keep_all(database, ("a", "1"), ("a", "1"))


def test_errors_do_not_tell_what_people_wrote(database: Database) -> None:
    with pytest.raises(IntegrityError) as raised:
        keep_all(database, ("a", "a secret of somebody's"), ("a", "a secret of another's"))

    assert "secret" not in str(raised.value)


def test_the_engine_says_its_name_and_version(database: Database) -> None:
    name = {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL "}[database.engine.dialect.name]

    assert database.ping().startswith(name)


def test_a_list_of_the_longest_length_fits_one_statement(database: Database) -> None:
    (numbers,) = slices(range(LIST_LIMIT))

    with database.reading() as connection:
        found = connection.scalar(select(literal(7).in_(list(numbers))))

    assert found
    assert [len(part) for part in slices(range(LIST_LIMIT + 1))] == [LIST_LIMIT, 1]


def test_a_sqlite_file_is_durable_and_lets_readers_and_a_writer_work_at_once(
    sqlite_database: Database,
) -> None:
    full = 2

    with sqlite_database.reading() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == full


def test_a_sqlite_file_gets_the_folder_it_needs(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'kindred.db'}")

    assert database.ping()
    database.close()


def test_a_folder_that_cannot_be_made_is_said_so_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatabaseUnavailable, match="KINDRED_DATA_DIR"):
        Database(f"sqlite:///{tmp_path / 'file' / 'kindred.db'}")


def test_a_full_disk_is_said_so_and_nothing_is_written(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        keep(connection, "before")
    url = sqlite_database.engine.url.render_as_string()
    limited = Database(url, max_bytes=500_000)

    with pytest.raises(StorageFull, match="nothing was written"):
        keep_all(limited, ("small", "1"), ("large", "x" * 1_000_000))

    assert kept(limited) == {"before"}
    keep_all(limited, ("small", "1"))
    assert kept(limited) == {"before", "small"}
    limited.close()


def test_a_full_disk_of_postgresql_is_said_so(postgres_database: Database) -> None:
    full = "DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"

    with (
        pytest.raises(StorageFull, match="no space left"),
        postgres_database.writing() as connection,
    ):
        connection.execute(text(full))


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Remember the milk. " * 100)
    database = Database(f"sqlite:///{tmp_path / 'notes.txt'}")

    with pytest.raises(DatabaseUnavailable, match="not a database"):
        database.ping()
    database.close()


def test_a_server_that_comes_back_is_used_again() -> None:
    with running_postgres_server() as server:
        database = Database(server.url())
        database.ping()

        server.stop()
        with pytest.raises(DatabaseUnavailable, match="try again later"):
            database.ping()
        server.start()

        assert database.ping()
        database.close()


def test_a_file_opened_by_many_at_once_is_in_write_ahead_mode_for_all(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'kindred.db'}") for _ in range(8)]

    together(*(database.ping for database in databases))

    plain = sqlite3.connect(tmp_path / "kindred.db")
    assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()
    for database in databases:
        database.close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://somebody:secret@host/name", "no database of kind 'mysql'"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("kindred.db", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_url_of_another_form_is_refused_with_the_forms_there_are(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        Database(url)

    assert "postgresql://user:password@host/name" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_many_threads_share_one_database(database: Database) -> None:
    names = [f"fact {number}" for number in range(12)]

    def write(name: str) -> None:
        with database.writing() as connection:
            keep(connection, name)

    together(*(partial(write, name) for name in names))

    assert kept(database) == set(names)
