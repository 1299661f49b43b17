"""Rows of a file, whatever its format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from app.api.bodies import parsed
from app.errors import BadRequest

Format = Literal["jsonl", "json", "csv", "tsv", "parquet", "xlsx", "xml"]
Unit = Literal["line", "row", "entry"]

MAX_ROW_BYTES = 1_000_000
"""Of one row: a megabyte is a hundred times the longest description that helps anyone."""

MAX_BATCH_ROWS = 1_000
MAX_BATCH_BYTES = 8_000_000
"""Of rows held at once; it bounds memory when rows carry their pictures."""


class BadRowError(Exception):
    """A row breaks a rule; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank.

    Attributes:
        number: Its place in the file, from 1, in the unit of its table.
        content: One JSON value as bytes, or what each column holds; None when it cannot be read.
        problem: Why it cannot.
        size: Bytes it takes, about.
        done: How much of the table had been read after it.
    """

    number: int
    content: bytes | Mapping[str, object] | None
    problem: str | None = None
    size: int = 0
    done: int = 0

    def value(self) -> object:
        """Return what the row holds: cells by column, or any JSON value.

        Raises:
            BadRowError: It cannot be read.
        """
        if self.content is None:
            raise BadRowError(self.problem or "the row cannot be read")
        if not isinstance(self.content, bytes):
            return self.content
        try:
            return parsed(self.content)
        except BadRequest as error:
            # The row is one line, so only the column says anything.
            reason = error.detail.replace("The body", "the row").replace("line 1 column", "column")
            raise BadRowError(reason) from error


@dataclass(frozen=True, slots=True)
class Table:
    """An open file.

    Attributes:
        format: What it was read as.
        unit: What rows are counted in.
        total: The measure `Row.done` runs up to; None where it is not known.
        rows: Those that are not blank, in order; may raise FileUnreadable.
        columns: The names of its columns; None where every row is an object of its own.
        notes: What was found out about it, to be shown: its encoding, its delimiter.
    """

    format: Format
    unit: Unit
    total: int | None
    rows: Iterator[Row]
    columns: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Gather rows into batches bounded in number and bytes."""
    batch: list[Row] = []
    held = 0
    for row in rows:
        batch.append(row)
        held += row.size
        if len(batch) == MAX_BATCH_ROWS or held >= MAX_BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
