"""Fresh databases with the whole schema: a copy of one made once, so that each costs little."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from app.schema import upgrade
from indexer.database import Database
from tests.postgres_server import PostgresServer

ENGINES = ("sqlite", "postgresql")


def sqlite_template(folder: Path) -> Path:
    """Make a SQLite file that holds the schema and nothing else."""
    path = folder / "template.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()  # the last one out writes the log into the file
    return path


def postgres_template(server: PostgresServer) -> str:
    """Make a PostgreSQL database that holds the schema and nothing else; return its name."""
    name = server.create_database()
    database = Database(server.url(name))
    upgrade(database)
    database.close()
    return name


@contextmanager
def fresh_sqlite(folder: Path, template: Path) -> Iterator[Database]:
    """Open a copy of a file in a folder."""
    path = folder / f"{uuid4().hex}.db"
    shutil.copy(template, path)
    database = Database(f"sqlite:///{path}")
    try:
        yield database
    finally:
        database.close()


@contextmanager
def fresh_postgres(server: PostgresServer, template: str) -> Iterator[Database]:
    """Open a copy of a database on a server; it is gone afterwards."""
    name = server.create_database(template=template)
    database = Database(server.url(name))
    try:
        yield database
    finally:
        database.close()
        server.drop_database(name)
