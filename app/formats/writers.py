"""Writing rows to files that `kindred import` reads back the same."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import Any, BinaryIO, Literal, Protocol

import orjson

from app.formats.errors import ExtraMissing, FileError
from app.formats.rows import Format

Type = Literal["text", "number", "flag", "moment", "names", "object"]
WRITTEN: tuple[Format, ...] = ("jsonl", "csv", "tsv", "parquet", "xlsx")

EXCEL_ROWS = 1_048_576
EXCEL_CHARACTERS = 32_767

_ROW_GROUP = 10_000
# A name with one of these would be taken apart when it is read.
_DIVIDING = frozenset(">|;&[")

RowOut = Mapping[str, object]


class Writer(Protocol):
    """Takes rows one after the other."""

    def write(self, rows: Sequence[RowOut]) -> None:
        """Write rows; a value that is None or missing is left out."""
        ...


@contextmanager
def writer(file: BinaryIO, chosen: Format, fields: Mapping[str, Type]) -> Iterator[Writer]:
    """Write a file; it is complete when the block ends.

    Args:
        file: Where to.
        chosen: One of WRITTEN.
        fields: The columns, in order, and what they hold.

    Raises:
        ExtraMissing: The packages for this format are not installed.
        FileError: The format cannot hold a value.
    """
    match chosen:
        case "jsonl":
            yield _JsonLines(file)
        case "csv" | "tsv":
            with _Delimited(file, fields, "\t" if chosen == "tsv" else ",").open() as delimited:
                yield delimited
        case "parquet":
            with _parquet(file, fields) as table:
                yield table
        case "xlsx":
            with _excel(file, fields) as sheet:
                yield sheet
        case _:
            raise FileError(f"nothing is written as {chosen}: choose one of {', '.join(WRITTEN)}")


class _JsonLines:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, rows: Sequence[RowOut]) -> None:
        for row in rows:
            said = {name: value for name, value in row.items() if value is not None}
            self._file.write(
                orjson.dumps(said, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
            )


class _Delimited:
    def __init__(self, file: BinaryIO, fields: Mapping[str, Type], delimiter: str) -> None:
        self._fields = fields
        self._text = TextIOWrapper(file, encoding="utf-8", newline="")
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\r\n")

    @contextmanager
    def open(self) -> Iterator[Writer]:
        self._writer.writerow(self._fields)
        yield self
        self._text.flush()
        self._text.detach()

    def write(self, rows: Sequence[RowOut]) -> None:
        self._writer.writerows([_cell(row.get(name)) for name in self._fields] for row in rows)


def _cell(value: object) -> str:
    """Write a value as text that `app.formats.cells` reads back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, list | tuple):
        names = [str(each) for each in value]
        plain = all(name == name.strip() and not _DIVIDING & set(name) for name in names)
        return " > ".join(names) if plain else json.dumps(names, ensure_ascii=False)
    return str(value)


@contextmanager
def _parquet(file: BinaryIO, fields: Mapping[str, Type]) -> Iterator[Writer]:
    try:
        import pyarrow as pa  # an extra
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise ExtraMissing.of("Parquet") from error
    types = {
        "text": pa.string(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
        "names": pa.list_(pa.string()),
        "object": pa.string(),
    }
    schema = pa.schema([(name, types[is_a]) for name, is_a in fields.items()])
    with ParquetWriter(file, schema, compression="zstd") as opened:
        table = _Parquet(pa, schema, opened, fields)
        yield table
        table.flush()


@dataclass(slots=True)
class _Parquet:
    """Gathers rows into groups large enough to be packed well."""

    pa: Any
    schema: Any
    opened: Any
    fields: Mapping[str, Type]
    held: list[dict[str, object]] = field(default_factory=list)

    def write(self, rows: Sequence[RowOut]) -> None:
        for row in rows:
            held = dict(row)
            for name, is_a in self.fields.items():
                if is_a == "object":
                    held[name] = _cell(row.get(name)) or None
            self.held.append(held)
        if len(self.held) >= _ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        if self.held:
            self.opened.write_table(self.pa.Table.from_pylist(self.held, schema=self.schema))
            self.held = []


@contextmanager
def _excel(file: BinaryIO, fields: Mapping[str, Type]) -> Iterator[Writer]:
    try:
        import openpyxl  # an extra
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.utils.exceptions import IllegalCharacterError
    except ImportError as error:
        raise ExtraMissing.of("Excel") from error
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("kindred")

    def cell(value: str) -> Any:  # noqa: ANN401 - openpyxl has no types
        if len(value) > EXCEL_CHARACTERS:
            raise FileError(
                f"{value[:60]!r}… is longer than a cell of Excel holds "
                f"({EXCEL_CHARACTERS:,} characters): choose another format"
            )
        try:
            made = WriteOnlyCell(sheet, value)
        except IllegalCharacterError as error:
            raise FileError(
                f"{value[:60]!r} holds a control character that Excel cannot keep: choose another "
                "format"
            ) from error
        # Else "=1+1" would be a formula and "#N/A" an error.
        made.data_type = "s"
        return made

    try:
        yield _Excel(sheet, cell, fields)
    except BaseException:
        sheet.close()
        raise
    book.save(file)


class _Excel:
    def __init__(self, sheet: Any, cell: Any, fields: Mapping[str, Type]) -> None:  # noqa: ANN401
        self._sheet = sheet
        self._cell = cell
        self._fields = fields
        self._rows = 1
        sheet.append([*fields])

    def write(self, rows: Sequence[RowOut]) -> None:
        self._rows += len(rows)
        if self._rows > EXCEL_ROWS:
            raise FileError(f"a sheet of Excel has {EXCEL_ROWS:,} rows: choose another format")
        for row in rows:
            self._sheet.append([self._value(row.get(name)) for name in self._fields])

    def _value(self, value: object) -> Any:  # noqa: ANN401 - openpyxl has no types
        if value is None or isinstance(value, bool | int | float):
            return value
        written = _cell(value)
        return self._cell(written) if written else None
