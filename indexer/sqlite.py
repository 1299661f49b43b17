"""Connections to a SQLite file that many threads and processes share."""

import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from indexer.errors import DatabaseUnavailable

WRITES = "kindred_writes"
"""Option of an engine whose transactions write, and so begin IMMEDIATE."""


def sqlite_engine(url: URL, lock_wait: timedelta, max_bytes: int | None, **pool: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's options of a pool
    """Make an engine in WAL mode; the file's folder is made if needed.

    Args:
        url: Of a file.
        lock_wait: How long a transaction waits for a lock.
        max_bytes: What the file may grow to; None: as far as the disk goes.
        pool: More for `create_engine`.

    Raises:
        DatabaseUnavailable: The folder cannot be made.
    """
    path = url.database or ""
    if not path.startswith("file:"):
        _make_folder(Path(path).parent)
    engine = create_engine(
        url,
        connect_args={"timeout": lock_wait.total_seconds()},
        **pool,
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
        writes = connection.get_execution_options().get(WRITES, False)
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
