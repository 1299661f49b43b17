from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

import app.access.tables
import app.feeds.tables
import app.interactions.tables
import app.people.tables
import app.scenarios.tables
import app.together.tables  # noqa: F401 - all register their tables
from app.schema import check, upgrade
from indexer.database import Database
from indexer.errors import SchemaMismatch
from indexer.tables import metadata
from tests.indexer.databases import ENGINES
from tests.postgres_server import PostgresServer
from tests.threads import together


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty database is, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    assert isinstance(server, PostgresServer)
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


def indexes(database: Database) -> dict[str, str]:
    """Name to definition, as SQLite keeps them."""
    with database.reading() as connection:
        found = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        )
        return {row.name: " ".join(row.sql.split()) for row in found}


def test_the_migrations_and_the_tables_in_code_agree(database: Database) -> None:
    with database.reading() as connection:
        is_sqlite = connection.dialect.name == "sqlite"

        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # Read back from SQLite, an index has lost its DESC; the next test compares those.
                "include_object": lambda _, __, kind, ___, ____: (
                    not (is_sqlite and kind == "index")
                ),
            },
        )

        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_indexes_the_tables_in_code_ask_for(
    sqlite_database: Database, tmp_path: Path
) -> None:
    from_code = Database(f"sqlite:///{tmp_path / 'code.db'}")

    with from_code.writing() as connection:
        metadata.create_all(connection)

    assert indexes(sqlite_database) == indexes(from_code)
    from_code.close()


def test_a_fresh_database_is_refused_until_it_is_upgraded(empty: Database) -> None:
    with pytest.raises(SchemaMismatch, match="no schema yet"):
        check(empty)

    upgrade(empty)

    check(empty)


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    upgrade(database)

    upgrade(database)

    check(database)


def test_processes_that_upgrade_at_once_do_it_once(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(4)]

    together(*(partial(upgrade, database) for database in databases))

    for database in databases:
        check(database)
        database.close()


def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))

    for step in (check, upgrade):
        with pytest.raises(SchemaMismatch, match="run the newer release that made it"):
            step(database)

    with database.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == (
            "from the future"
        )


def test_an_older_schema_is_refused_with_what_to_do(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    with pytest.raises(SchemaMismatch, match="older than this program's"):
        check(database)
