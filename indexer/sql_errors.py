"""What the drivers of SQLite and PostgreSQL raise, as errors of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from indexer.errors import DatabaseLost, DatabaseUnavailable, IndexerError, StorageFull

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


@contextmanager
def translating() -> Iterator[None]:
    """Raise as ours what happens to a server or a disk; mistakes of the program pass as they are.

    Raises:
        DatabaseUnavailable: SQL is down, or locked for too long; DatabaseLost where the server as a
            whole is gone.
        StorageFull: The disk is full; nothing was written.
    """
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
