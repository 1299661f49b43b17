"""Databases without any table to restore into, of each engine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from app.schema import upgrade
from indexer.database import Database
from tests.app.backup.shop import fill
from tests.postgres_server import PostgresServer

MakeEmpty = Callable[[str], Database]


@pytest.fixture
def empty(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeEmpty]:
    """Make databases by the name of their engine."""
    with ExitStack() as stack:

        def make(engine: str) -> Database:
            if engine == "sqlite":
                url = f"sqlite:///{tmp_path / uuid4().hex}.db"
            else:
                server = request.getfixturevalue("postgres_server")
                assert isinstance(server, PostgresServer)
                name = server.create_database()
                stack.callback(server.drop_database, name)
                url = server.url(name)
            database = Database(url)
            stack.callback(database.close)
            return database

        yield make


@pytest.fixture
def shop(empty: MakeEmpty) -> Database:
    """A SQLite database with something in every table."""
    database = empty("sqlite")
    upgrade(database)
    fill(database)
    return database
