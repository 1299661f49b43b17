"""How a file will be read, decided from its first rows and shown before anything is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from app.formats.columns import Column, Columns, Reading
from app.formats.names import Kind
from app.formats.rows import BadRowError, Format, Row, Table, Unit

SAMPLE_ROWS = 200
SAMPLE_BYTES = 8_000_000

# A JSON row that has these is in HTTP's own shape, and then held to it strictly.
_OWN: Mapping[Kind, frozenset[str]] = {
    "items": frozenset({"item_id"}),
    "interactions": frozenset({"user_id", "item_id"}),
}


@dataclass(frozen=True, slots=True)
class How:
    """How a file is to be read, as far as somebody said; None is found out."""

    format: Format | None = None
    encoding: str | None = None
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file will be read.

    Attributes:
        columns: Each column and the field it is; None where rows have HTTP's own shape.
        notes: What else was found out or assumed.
    """

    format: Format
    unit: Unit
    columns: tuple[Column, ...] | None
    notes: tuple[str, ...]


class RowReader:
    """Reads rows of one file in the shape HTTP takes.

    Args:
        table: Open; its first rows are read here.
        kind: Of the rows.
        reading: What somebody said.

    Raises:
        FileError: The columns cannot be told apart, or the file is broken already.
    """

    def __init__(self, table: Table, kind: Kind, reading: Reading) -> None:
        self._sample = list(_first(table.rows))
        self._rest = table.rows
        self._columns = self._decided(table, kind, reading)
        self.plan = Plan(
            table.format,
            table.unit,
            None if self._columns is None else self._columns.columns,
            (*table.notes, *(() if self._columns is None else self._columns.notes)),
        )

    def _decided(self, table: Table, kind: Kind, reading: Reading) -> Columns | None:
        values = [value for row in self._sample if isinstance(value := _value(row), Mapping)]
        if not values:
            return None
        if table.columns is not None:
            return Columns(table.columns, kind, reading, values)
        own = any(value.keys() >= _OWN[kind] for value in values)
        if own and not reading.mapping and not reading.constants and table.format != "xml":
            return None
        names = tuple(dict.fromkeys(str(name) for value in values for name in value))
        return Columns(names, kind, reading, values, fixed=False)

    def rows(self) -> Iterator[Row]:
        """All rows, the first ones included."""
        return chain(self._sample, self._rest)

    def read(self, row: Row) -> object:
        """Read a row.

        Raises:
            BadRowError: It cannot be read.
        """
        value = row.value()
        if not isinstance(value, Mapping):
            raise BadRowError("the row is JSON, but must be an object")
        return value if self._columns is None else self._columns.read(value)

    def item_id(self, row: Row) -> str | None:
        """Read a row's item_id alone, which may be there though the rest is bad."""
        value = _value(row)
        if not isinstance(value, Mapping):
            return None
        if self._columns is not None:
            return self._columns.item_id(value)
        found = value.get("item_id")
        return found if isinstance(found, str) else None


def _first(rows: Iterator[Row]) -> Iterator[Row]:
    size = 0
    for number, row in enumerate(rows, start=1):
        yield row
        size += row.size
        if number == SAMPLE_ROWS or size >= SAMPLE_BYTES:
            return


def _value(row: Row) -> object:
    try:
        return row.value()
    except BadRowError:
        return None
