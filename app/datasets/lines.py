"""Lines of text files, with errors that say where."""

import csv
import gzip
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from app.evaluation.errors import DatasetUnreadable


@contextmanager
def text(file: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Open a text file, unpacking it where its name ends in .gz.

    Raises:
        DatasetUnreadable: While reading, where it is not in that encoding or not packed so.
    """
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rt", encoding=encoding, newline="") as opened:
            yield opened
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise DatasetUnreadable(f"{file.name} is not text in {encoding}: {error}") from error


def split_lines(file: Path, separator: str, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Read the fields of each line that is not blank, with its number from 1; nothing is quoted."""
    with text(file, encoding) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line.rstrip("\r\n").split(separator)


def comma_lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a CSV file, the header too, each with the number of its last line."""
    with text(file, "utf-8-sig") as lines:
        reader = csv.reader(lines)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except csv.Error as error:
            raise bad(file, reader.line_num, str(error)) from error


def fields(file: Path, number: int, row: Sequence[str], count: int) -> Sequence[str]:
    """Return the row, or raise DatasetUnreadable if it has not so many fields."""
    if len(row) != count:
        raise bad(file, number, f"{len(row)} fields where {count} were expected")
    return row


def number_in(file: Path, line: int, name: str, cell: str) -> float:
    """Read a finite number, or raise DatasetUnreadable naming the field."""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise bad(file, line, f"{name} {cell[:60]!r} is not a number")
    return value


def bad(file: Path, line: int, reason: str) -> DatasetUnreadable:
    """Say what is wrong with a line."""
    return DatasetUnreadable(f"{file.name} line {line:,}: {reason}")
