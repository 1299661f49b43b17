"""The connection to SQL: SQLite or PostgreSQL, one way to begin, one set of errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class Database:
    """A pool of connections with the settings Kindred relies on.

    SQLite runs in WAL mode with synchronous=FULL; write transactions begin IMMEDIATE, so that they
    wait for each other instead of failing half-way.
    """

    def __init__(self, url: str) -> None:
        """Prepare the pool without connecting; a plain file path's parent is made if needed."""
        raise NotImplementedError

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, for Alembic."""
        raise NotImplementedError

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for a consistent read.

        Raises:
            DatabaseUnavailable: SQL is down, or locked for too long.
        """
        raise NotImplementedError

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a write transaction, committed on the way out unless an error passes.

        Raises:
            DatabaseUnavailable: SQL is down, or locked for too long.
            StorageFull: The disk is full; nothing was written.
        """
        raise NotImplementedError

    def ping(self) -> str:
        """Return the engine's name and version, proving that it answers."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the pool."""
        raise NotImplementedError
