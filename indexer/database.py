"""The connection to SQL: SQLite or PostgreSQL, one way to begin, one set of errors."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from sqlalchemy import (
    ARRAY,
    URL,
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from indexer.breaker import Breaker
from indexer.errors import DatabaseLost, DatabaseUnavailable, IndexerError, StorageFull
from indexer.postgres import postgresql as postgresql_engine

LOCK_WAIT = timedelta(seconds=5)
"""Longer than any transaction of Kindred's lasts, shorter than a client waits for an answer."""

POOL_SIZE = 10
POOL_OVERFLOW = 20

LIST_LIMIT = 10_000
"""Most values in one IN list: SQLite takes 32,766 parameters a statement, PostgreSQL 65,535."""

_WRITES = "kindred_writes"

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
# A syntax error or a missing table is a mistake in the program and passes as it is.
_DOWN = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, read-only server,
# rollback, resources, object state (lock time-out), operator intervention, system error.
_DOWN_CLASSES = ("08", "25006", "40", "53", "55", "57", "58")
# Connection, shutdown, crash, starting up: the server as a whole, not one statement.
_LOST_CLASSES = ("08", "57P")
_DISK_FULL = "53100"


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
            self._engine = _sqlite(parsed, max_bytes, lock_wait)
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
            self._writer = self._engine.execution_options(**{_WRITES: True})
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
            with _translating(), engine.begin() as connection:
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


def _sqlite(url: URL, max_bytes: int | None, lock_wait: timedelta) -> Engine:
    path = url.database or ""
    if not path.startswith("file:"):
        _make_folder(Path(path).parent)
    engine = create_engine(
        url,
        connect_args={"timeout": lock_wait.total_seconds()},
        **_pool(lock_wait),
        hide_parameters=True,  # an error's text ends in logs; what people and shops wrote must not
    )

    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        del entry
        # sqlite3 would begin by itself before some statements and not before others.
        connection.isolation_level = None
        _write_ahead(connection, lock_wait)
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = FULL")
        # What is deleted of people is overwritten; not every build of SQLite does so by itself.
        cursor.execute("PRAGMA secure_delete = ON")
        if max_bytes is not None:
            cursor.execute("PRAGMA page_size")
            (page_size,) = cursor.fetchone() or (4096,)
            cursor.execute(f"PRAGMA max_page_count = {max(1, max_bytes // page_size)}")
        cursor.close()

    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"the database's folder {folder} cannot be made ({error.strerror}): name another one "
            "in KINDRED_DATA_DIR or KINDRED_DATABASE_URL"
        ) from error


def _write_ahead(connection: DBAPIConnection, lock_wait: timedelta) -> None:
    """Switch to WAL unless the file is in it; SQLite does not wait for others while switching."""
    deadline = time.monotonic() + lock_wait.total_seconds()
    cursor = connection.cursor()
    try:
        while True:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return
    finally:
        cursor.close()


def _pool(lock_wait: timedelta) -> dict[str, Any]:
    return {
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_OVERFLOW,
        "pool_timeout": lock_wait.total_seconds(),
    }


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(
            f"no connection to the database was free in time ({error}): try again later"
        ) from error
    except DBAPIError as error:
        translated = _translated(error)
        if translated is None:
            raise
        raise translated from error


def _translated(error: DBAPIError) -> IndexerError | None:
    """Turn a driver's error into ours, or None when it is a mistake of the program."""
    cause = error.orig
    text = str(cause).strip()
    lost = False
    if isinstance(cause, sqlite3.Error):
        # Errors that sqlite3 raises itself carry no code.
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        full = code in _FULL
        down = code & 0xFF in _DOWN
    elif isinstance(cause, psycopg.Error):
        state = cause.sqlstate
        full = state == _DISK_FULL
        unsaid = state is None and isinstance(cause, psycopg.OperationalError)
        lost = unsaid or (state or "").startswith(_LOST_CLASSES)
        down = lost or (state or "").startswith(_DOWN_CLASSES)
    else:
        return None
    if full:
        return StorageFull(f"the database's disk is full ({text}): nothing was written")
    if down:
        kind = DatabaseLost if lost else DatabaseUnavailable
        return kind(f"the database did not answer ({text}): try again later")
    return None
