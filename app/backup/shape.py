"""What tables there are in a database, whichever schema it has, and how their values travel."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    cast,
    func,
    inspect,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

# Registers every table on the one metadata.
import app.access.tables
import app.feeds.tables
import app.interactions.tables
import app.people.tables
import app.scenarios.tables
import app.together.tables  # noqa: F401 - imported for what they register
from app.backup.archive import Columns, Kind
from indexer.tables import metadata

VERSION = "alembic_version"

LEFT_OUT = frozenset(
    {
        VERSION,
        "generations",
        "live",
        "jobs",
        "workers",
        "work",
        "learned_vectors",
        "pairs",
        "pair_counts",
    }
)
"""What is of one machine's index or of a moment, and made anew from the rest."""

TYPES: Mapping[Kind, type[TypeEngine[Any]]] = {
    "text": Text,
    "integer": BigInteger,
    "float": Float,
    "boolean": Boolean,
    "json": Text,
    "binary": LargeBinary,
}


def our_tables(connection: Connection) -> list[Table]:
    """Read how the tables are made that any schema of ours has, in order of name.

    A database may have others' beside.
    """
    there = set(inspect(connection).get_table_names())
    read = MetaData()
    ours = sorted(there & {*metadata.tables, VERSION})
    return [Table(name, read, autoload_with=connection) for name in ours]


def columns_of(table: Table) -> Columns:
    """Say how each column's values travel."""
    return [(str(column.name), _kind(column)) for column in table.columns]


def selected(table: Table, dialect: str) -> list[ColumnElement[object]]:
    """Return the columns to select, so that values come as they travel."""
    found: list[ColumnElement[object]] = []
    for column in table.columns:
        kind = _kind(column)
        if kind == "json" and dialect == "postgresql":
            found.append(cast(column, Text))
        else:
            found.append(type_coerce(column, TYPES[kind]()))
    return found


def last_numbers(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Return the last number each table gave to a row, of those that number rows for good."""
    if connection.dialect.name == "sqlite":
        if "sqlite_sequence" not in _all_tables(connection):
            return {}
        rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        return {str(row.name): int(row.seq) for row in rows if row.name in names}
    found = {}
    for name, sequence in _sequences(connection, names).items():
        last = connection.execute(
            text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608 - the catalogue's own name
        ).scalar_one()
        if last:
            found[name] = int(last)
    return found


def number_on(connection: Connection, table: str, last: int) -> None:
    """Let a table number its next row after `last`, and after every row it has."""
    if connection.dialect.name == "sqlite":
        sequence = text("SELECT count(*) FROM sqlite_sequence WHERE name = :name")
        if connection.scalar(sequence, {"name": table}):
            change = "UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name"
        else:
            change = "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"
        if table in _numbering(connection):
            connection.execute(text(change), {"name": table, "last": last})
        return
    sequences = _sequences(connection, [table])
    if table in sequences:
        (column,) = inspect(connection).get_pk_constraint(table)["constrained_columns"]
        there = func.max(literal_column(f'"{column}"', BigInteger))
        held = connection.scalar(select(there).select_from(text(f'"{table}"')))
        largest = max(last, held or 0)
        if largest:
            connection.execute(select(func.setval(sequences[table], largest)))


def _numbering(connection: Connection) -> set[str]:
    """Name SQLite's tables that never give a number twice."""
    made = text(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    )
    return set(connection.scalars(made))


def _all_tables(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))


def _sequences(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """Name PostgreSQL's sequences behind the tables' only key columns."""
    inspector = inspect(connection)
    found = {}
    for name in sorted(map(str, set(inspector.get_table_names()) & {*names})):
        columns = inspector.get_pk_constraint(name)["constrained_columns"]
        if len(columns) == 1:
            owned = func.pg_get_serial_sequence(f'"{name}"', columns[0])
            sequence = connection.scalar(select(owned))
            if sequence is not None:
                found[name] = str(sequence)
    return found


def _kind(column: Column[object]) -> Kind:
    kinds: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
        (Boolean, "boolean"),
        (JSON, "json"),
        (LargeBinary, "binary"),
        (Integer, "integer"),
        (Numeric, "float"),
        (Float, "float"),
    )
    for made, kind in kinds:
        if isinstance(column.type, made):
            return kind
    return "text"
