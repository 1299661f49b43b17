"""Servers that are started once a session, and fresh databases on them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from indexer.database import Database
from tests.indexer.databases import (
    ENGINES,
    fresh_postgres,
    fresh_sqlite,
    postgres_template,
    sqlite_template,
)
from tests.milvus_server import MilvusServer, running_milvus_server
from tests.postgres_server import PostgresServer, running_postgres_server

# How long an example takes says how busy the machine is; what must be quick is benchmarked.
settings.register_profile("kindred", deadline=None)
settings.load_profile("kindred")


@pytest.fixture(scope="session")
def milvus_server() -> Iterator[MilvusServer]:
    with running_milvus_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    return postgres_template(postgres_server)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Database]:
    with fresh_sqlite(tmp_path, migrated_sqlite) as database:
        yield database


@pytest.fixture
def postgres_database(
    postgres_server: PostgresServer, migrated_postgres: str
) -> Iterator[Database]:
    with fresh_postgres(postgres_server, migrated_postgres) as database:
        yield database


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database with the whole schema, on each engine in turn."""
    name = {"sqlite": "sqlite_database", "postgresql": "postgres_database"}[request.param]
    found = request.getfixturevalue(name)
    assert isinstance(found, Database)
    return found
