"""Restoring a backup: everything or nothing, into an empty database unless told otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import (
    JSON,
    Connection,
    Insert,
    Table,
    bindparam,
    cast,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError

from app.backup.archive import ArchiveReader, Columns, Row, reading
from app.backup.erasures import carried, carry
from app.backup.errors import BadArchive, InUse, NotEmpty
from app.backup.making import LARGE, LARGE_READ_AT_ONCE, READ_AT_ONCE, Progress
from app.backup.revocations import revoke, revoked
from app.backup.shape import LEFT_OUT, TYPES, VERSION, number_on, our_tables
from app.schema import known, make_namespace, newest, upgrade_within
from indexer.database import Database, alone
from indexer.errors import SchemaMismatch
from indexer.tables import items, workers

MADE_BY_ITSELF = frozenset({"facts"})
"""What a service writes as it starts for the first time: it makes no database worth keeping."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        rows: Table to rows.
        schema: That the backup was of.
        made_at: When it was made, RFC 3339.
        erased: People whose erasure, or opting out, the database knew of and the backup did not:
            they are erased again.
    """

    rows: Mapping[str, int]
    schema: str
    made_at: str
    erased: int


def restore(
    database: Database,
    source: Path,
    *,
    now: datetime,
    force: bool = False,
    progress: Progress = lambda *_: None,
) -> Restored:
    """Make a database what a backup says, in one transaction, and bring its schema up to date.

    The index is not part of a backup: the next service builds it anew. People who were erased or
    opted out since the backup, by what the database knew before, are erased again, and keys that
    were revoked since stay revoked.

    Args:
        database: Of either engine, whichever the backup is from.
        source: The backup.
        now: Looked at for who is alive.
        force: Whether to throw away what the database holds.
        progress: Told how far it is.

    Raises:
        BadArchive, InUse, NotEmpty, SchemaMismatch: The database is as it was before.
        DatabaseUnavailable, StorageFull: Likewise; try again.
        OSError: The file cannot be read.
    """
    with reading(source) as archive:
        schema = archive.head.schema
        if schema not in known():
            raise SchemaMismatch(
                f"the backup is of schema {schema}, which this program (schema {newest()}) does "
                "not know: restore it with the release that made it, or a newer one"
            )
        make_namespace(database)
        with database.writing() as connection:
            _take_time(connection)
            there = our_tables(connection)
            _refuse_used(connection, there, now)
            if not force:
                _refuse_filled(connection, there)
            erasures, revocations = carried(connection), revoked(connection)
            _drop(connection, there)
            upgrade_within(connection, schema)
            rows = _load(connection, archive, progress)
            for name in {*archive.tables, *archive.sequences}:
                number_on(connection, name, archive.sequences.get(name, 0))
            upgrade_within(connection)
            _forget_index(connection)
            revoke(connection, revocations)
            again = 0 if erasures is None else carry(connection, erasures)
    return Restored(rows, schema, archive.head.made_at, again)


def _take_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        alone(connection, "kindred schema")


def _refuse_used(connection: Connection, there: Sequence[Table], now: datetime) -> None:
    if workers.name not in {each.name for each in there}:
        return
    alive = connection.scalars(select(workers.c.owner).where(workers.c.alive_until > now)).all()
    if alive:
        raise InUse(
            f"{', '.join(sorted(alive))} is running on this database: stop every service and "
            "worker, and try again in a minute"
        )


def _refuse_filled(connection: Connection, there: Sequence[Table]) -> None:
    for each in there:
        if each.name not in {VERSION, *MADE_BY_ITSELF} and each.name not in LEFT_OUT:
            held = connection.scalar(select(func.count()).select_from(each))
            if held:
                raise NotEmpty(
                    f"the database holds {held:,} rows of {each.name} already: restore into an "
                    "empty one, or say --force to throw away what is there"
                )


def _drop(connection: Connection, there: Sequence[Table]) -> None:
    for each in there:
        each.drop(connection)


def _load(connection: Connection, archive: ArchiveReader, progress: Progress) -> dict[str, int]:
    there = set(inspect(connection).get_table_names())
    rows: dict[str, int] = {}
    for name in archive.tables:
        if name in LEFT_OUT or name not in there:
            raise BadArchive(f"the backup has a table {name!r}, which its schema does not have")
        connection.execute(table(name).delete())  # what a migration may have put there
        with archive.table(name) as (columns, given):
            writing = _inserting(name, columns, connection.dialect.name)
            at_once = LARGE_READ_AT_ONCE if name in LARGE else READ_AT_ONCE
            done = 0
            for some in _some(given, at_once):
                names = [each for each, _ in columns]
                _write(connection, writing, names, some, name)
                done += len(some)
                progress(name, done)
            rows[name] = done
    return rows


def _write(
    connection: Connection, writing: Insert, names: Sequence[str], rows: Sequence[Row], name: str
) -> None:
    try:
        connection.execute(writing, [dict(zip(names, each, strict=True)) for each in rows])
    except (DataError, IntegrityError) as error:
        raise BadArchive(f"a row of {name} cannot be kept ({error.orig})") from error


def _inserting(name: str, columns: Columns, dialect: str) -> Insert:
    made = table(name, *(column(each, TYPES[kind]()) for each, kind in columns))
    if dialect != "postgresql":
        return insert(made)
    return insert(made).values(
        {
            each: cast(bindparam(each, type_=TYPES[kind]()), JSON)
            if kind == "json"
            else bindparam(each, type_=TYPES[kind]())
            for each, kind in columns
        }
    )


def _some(rows: Iterator[Row], most: int) -> Iterator[list[Row]]:
    while some := list(islice(rows, most)):
        yield some


def _forget_index(connection: Connection) -> None:
    """Say of no item that it is in the index: there is none until a service makes one."""
    connection.execute(update(items).values(indexed_revision=None, searchable_at=None))
