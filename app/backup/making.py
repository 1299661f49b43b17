"""Making a backup: one consistent read of everything, while the service goes on."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, select, text

from app.backup.archive import ArchiveWriter, Head
from app.backup.shape import LEFT_OUT, VERSION, columns_of, last_numbers, our_tables, selected
from app.schema import revision
from indexer.database import Database
from indexer.errors import SchemaMismatch

READ_AT_ONCE = 1_000
LARGE_READ_AT_ONCE = 50
"""Rows in memory where they may be large: items can carry their pictures."""

LARGE = frozenset({"items", "kept_vectors", "seed_pictures"})

Progress = Callable[[str, int], None]
"""Table, rows done."""


def back_up(
    database: Database, target: Path, *, now: datetime, progress: Progress = lambda *_: None
) -> dict[str, int]:
    """Write everything that SQL is the truth of to a file, as it is at one moment.

    On SQLite the write-ahead log grows while it lasts; nobody waits.

    Args:
        database: With any schema this program knows.
        target: Written over if it is there; it appears when it is complete. Only its owner may
            read it: it holds everything of everybody, and the secrets kept with the data.
        now: Noted in it.
        progress: Told how far it is.

    Returns:
        Table to rows.

    Raises:
        SchemaMismatch: There is no schema yet, or one this program does not know.
        DatabaseUnavailable: SQL cannot be read.
        OSError: The file cannot be written.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)  # an earlier one's, perhaps readable by others
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            counts = _write(database, file, now, progress)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        _keep_name(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return counts


def _write(
    database: Database, file: IO[bytes], now: datetime, progress: Progress
) -> dict[str, int]:
    counts: dict[str, int] = {}
    with database.reading() as connection:
        _take_time(connection)
        schema = revision(connection)
        if schema is None:
            raise SchemaMismatch("the database has no schema yet, so there is nothing to back up")
        engine = connection.dialect.name
        tables = our_tables(connection)
        with ArchiveWriter(file, Head(schema, engine, now.isoformat())) as writer:
            for table in tables:
                name = str(table.name)
                if name in LEFT_OUT:
                    continue
                reading = select(*selected(table, engine)).execution_options(
                    yield_per=LARGE_READ_AT_ONCE if name in LARGE else READ_AT_ONCE
                )
                rows = map(tuple, connection.execute(reading))
                counts[name] = writer.table(name, columns_of(table), rows)
                progress(name, counts[name])
            names = [str(table.name) for table in tables if table.name != VERSION]
            writer.finish(last_numbers(connection, names))
    return counts


def _take_time(connection: Connection) -> None:
    """Let this read last as long as it takes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _keep_name(folder: Path) -> None:
    """Make sure that a rename survives a power failure."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
