"""The connection to SQL: SQLite or PostgreSQL, one way to begin, one set of errors."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    URL,
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from indexer.breaker import Breaker
from indexer.errors import DatabaseLost, DatabaseUnavailable
from indexer.postgres import postgresql as postgresql_engine
from indexer.sql_errors import translating
from indexer.sqlite import WRITES, sqlite_engine

LOCK_WAIT = timedelta(seconds=5)
"""Longer than any transaction of Kindred's lasts, shorter than a client waits for an answer."""

POOL_SIZE = 10
POOL_OVERFLOW = 20

LIST_LIMIT = 10_000
"""Most values in one IN list: SQLite takes 32,766 parameters a statement, PostgreSQL 65,535."""


class Database:
    """A pool of connections with the settings Kindred relies on.

    SQLite runs in WAL mode with synchronous=FULL; write transactions begin IMMEDIATE, so that they
    wait for each other instead of failing half-way, those of one process in turn. On PostgreSQL
    reads are REPEATABLE READ and writes READ COMMITTED, with bounded waits for locks, statements
    and answers; while the server does not answer at all, a breaker turns callers away at once.

    Attributes:
        schema: Of PostgreSQL, where all tables are; None: as the role has it, or SQLite.
        breaker: Of PostgreSQL; a SQLite file's never opens.
    """

    def __init__(
        self,
        url: str,
        *,
        schema: str | None = None,
        max_bytes: int | None = None,
        lock_wait: timedelta = LOCK_WAIT,
        breaker: Breaker | None = None,
    ) -> None:
        """Prepare the pool without connecting; a plain file path's parent is made if needed.

        Args:
            url: "sqlite:///path" or "postgresql://user:password@host:port/name".
            schema: Of PostgreSQL, where all tables are, so that several deployments can share one
                database; None: as the role has it. A SQLite file has none.
            max_bytes: What a SQLite file may grow to; a write beyond it raises StorageFull as a
                full disk does. None: as far as the disk goes. PostgreSQL has quotas of its own.
            lock_wait: How long a transaction waits for a lock, or a thread for a connection.
            breaker: Another than one with the usual limits.

        Raises:
            ValueError: The URL is of another form.
            DatabaseUnavailable: The folder of a SQLite file cannot be made.
        """
        parsed = _parsed(url)
        self.breaker = breaker or Breaker()
        self._is_sqlite = parsed.get_backend_name() == "sqlite"
        if self._is_sqlite:
            self._engine = sqlite_engine(parsed, lock_wait, max_bytes, **_pool(lock_wait))
        else:
            self._engine = postgresql_engine(parsed, lock_wait, schema, **_pool(lock_wait))
        self.schema = None if self._is_sqlite else schema
        self._reader: Engine = self._engine
        self._writer: Engine = self._engine
        self._lock_wait = lock_wait
        # SQLite lets those who wait look again now and then, longer and longer apart: whoever comes
        # later may be first. Six threads that wrote without a pause had 2.0 times as many
        # transactions with a lock before it, and a 99th percentile of a sixth.
        self._writes = threading.Lock()
        if self._is_sqlite:
            self._writer = self._engine.execution_options(**{WRITES: True})
        else:
            self._reader = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, for Alembic."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for a consistent read.

        Raises:
            DatabaseUnavailable: SQL is down, or locked for too long.
        """
        with self._using(self._reader) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a write transaction, committed at the end unless an error passes.

        Raises:
            DatabaseUnavailable: SQL is down, or locked for too long.
            StorageFull: The disk is full; nothing was written.
        """
        with self._turn(), self._using(self._writer) as connection:
            yield connection

    def ping(self) -> str:
        """Return the engine's name and version, proving that it answers."""
        with self.reading() as connection:
            if self._is_sqlite:
                return f"SQLite {connection.scalar(select(func.sqlite_version()))}"
            version = connection.scalar(select(func.current_setting("server_version")))
            return f"PostgreSQL {version}"

    def close(self) -> None:
        """Close the pool."""
        self._engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._is_sqlite:
            yield
            return
        if not self._writes.acquire(timeout=self._lock_wait.total_seconds()):
            raise DatabaseUnavailable("the database is locked by other writes: try again later")
        try:
            yield
        finally:
            self._writes.release()

    @contextmanager
    def _using(self, engine: Engine) -> Iterator[Connection]:
        if not self.breaker.admits():
            raise DatabaseLost("the database did not answer a moment ago: try again later")
        try:
            with translating(), engine.begin() as connection:
                # A pooled connection was tried just now, a new one made.
                self.breaker.succeeded()
                yield connection
        except DatabaseLost:
            self.breaker.failed()
            raise


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say what to do on a conflict, in the connection's dialect."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def alone(connection: Connection, name: str) -> None:
    """Wait until no other write transaction holds this name, and hold it until this one ends.

    SQLite's write transactions are alone in any case. PostgreSQL's locks are of the database, so
    the name goes with the schema's: deployments that share a database do not wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_locked(name))))


def beside(connection: Connection, name: str) -> None:
    """Hold a name together with others who do, until this transaction ends; `alone` waits for all.

    SQLite's write transactions are alone in any case.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(_locked(name))))


def _locked(name: str) -> ColumnElement[int]:
    own = func.concat(func.current_schema(), ".", name)
    return func.hashtextextended(own, 0)


Condition = ColumnElement[bool]

Value = TypeVar("Value")


def slices(values: Sequence[Value], size: int = LIST_LIMIT) -> Iterator[Sequence[Value]]:
    """Cut a sequence into pieces short enough for one statement; an empty one gives none."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def among(connection: Connection, column: ColumnElement[str], values: Sequence[str]) -> Condition:
    """Say that a column is one of some texts, all in one parameter.

    The statement is then the same for any number, and compiled once: an IN list is compiled anew
    for each length, which takes longer than a small read.
    """
    if connection.dialect.name == "sqlite":
        listed = func.json_each(literal(json.dumps(list(values)), String)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == func.any(literal(list(values), ARRAY(String)))


def _parsed(url: str) -> URL:
    expected = 'expected "sqlite:///path/to/file" or "postgresql://user:password@host/name"'
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"the database URL cannot be read; {expected}") from error
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite":
        raise ValueError(f"no database of kind {parsed.drivername!r}; {expected}")
    if parsed.database in {None, "", ":memory:"}:
        raise ValueError(f"SQLite needs a file, as many threads share it; {expected}")
    return parsed


def _pool(lock_wait: timedelta) -> dict[str, Any]:
    return {
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_OVERFLOW,
        "pool_timeout": lock_wait.total_seconds(),
    }
