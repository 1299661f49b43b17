"""CSV and its kin: whatever delimiter, encoding and quoting other programs chose.

A row's number is the line it begins on, so a quoted value may go over lines. A row with more or
fewer cells than the header is refused rather than guessed at: what shifted cells hold would land
under wrong names.
"""

import csv
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from typing import BinaryIO

from app.formats.errors import FileUnreadable
from app.formats.rows import MAX_ROW_BYTES, Row, Table
from app.formats.survey import Survey

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLE_CHARACTERS = 64_000
SAMPLE_ROWS = 20


class _TooLongError(Exception):
    """A line is longer than a row may be."""


class _Lines:
    """Lines of bounded length, counted."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self.number = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_ROW_BYTES + 2)
        if not line:
            self.ended = True
            raise StopIteration
        self.number += 1
        if len(line) > MAX_ROW_BYTES and not line.endswith(("\n", "\r")):
            while line and not line.endswith(("\n", "\r")):
                line = self._text.readline(MAX_ROW_BYTES)
            raise _TooLongError
        return line


def delimited(file: BinaryIO, survey: Survey, *, size: int, delimiter: str | None) -> Table:
    """Open a table of text.

    Args:
        file: At its beginning; it can seek.
        survey: What was found out about it.
        size: Its bytes.
        delimiter: If it is known already.

    Raises:
        FileUnreadable: It has no header, or its text is not in its encoding.
    """
    # The csv module's own limit, 131,072 characters, is for the whole process.
    csv.field_size_limit(MAX_ROW_BYTES)
    text = TextIOWrapper(file, encoding=survey.encoding, newline="")
    try:
        sample = text.read(SAMPLE_CHARACTERS)
        text.seek(0)
    except UnicodeDecodeError as error:
        text.detach()
        raise _undecodable(survey, error) from error
    chosen = delimiter or sniffed(sample)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=chosen)
    try:
        header = _header(reader)
    except FileUnreadable:
        text.detach()
        raise
    notes = [] if delimiter else [f"columns are separated by {DELIMITERS[chosen]}"]
    if survey.note:
        notes.insert(0, survey.note)
    return Table(
        format="tsv" if chosen == "\t" else "csv",
        unit="line",
        total=size,
        rows=_released(_rows(reader, lines, header, file, survey), text, file),
        columns=header,
        notes=tuple(notes),
    )


def sniffed(sample: str) -> str:
    """Find the delimiter under which most rows have as many cells as the header, and most cells."""
    best = (0, 0)
    chosen = ","
    # The last line of a sample may be cut off.
    lines = sample.splitlines(keepends=True)
    lines = lines[:-1] if len(sample) == SAMPLE_CHARACTERS and len(lines) > 1 else lines
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row][:SAMPLE_ROWS]
        except csv.Error:
            continue
        if rows and len(rows[0]) > 1:
            alike = sum(len(row) == len(rows[0]) for row in rows)
            if (alike, len(rows[0])) > best:
                best, chosen = (alike, len(rows[0])), delimiter
    return chosen


def _header(reader: Iterator[list[str]]) -> tuple[str, ...]:
    try:
        names = next((row for row in reader if any(cell.strip() for cell in row)), None)
    except (csv.Error, _TooLongError) as error:
        raise FileUnreadable(f"the first line is no header: {error or 'it is too long'}") from error
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"the first line is not in the file's encoding: {error}") from error
    if names is None:
        return ()
    return named_apart([name.strip() for name in names])


def named_apart(names: list[str]) -> tuple[str, ...]:
    """Give every column a name of its own: "price", "price (2)", "column 7"."""
    found: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        wanted = name or f"column {place}"
        number, fresh = 2, wanted
        while fresh in found:
            fresh, number = f"{wanted} ({number})", number + 1
        found[fresh] = None
    return tuple(found)


def _rows(
    reader: Iterator[list[str]],
    lines: _Lines,
    header: tuple[str, ...],
    file: BinaryIO,
    survey: Survey,
) -> Iterator[Row]:
    while True:
        began = lines.number + 1
        try:
            cells = next(reader, None)
            problem = "a quote is opened and never closed" if lines.ended and cells else None
        except _TooLongError:
            cells, problem = [], f"longer than {MAX_ROW_BYTES:,} bytes"
        except csv.Error as error:
            cells, problem = [], f"not a row, up to line {lines.number}: {error}"
        except UnicodeDecodeError as error:
            raise _undecodable(survey, error) from error
        if cells is None:
            return
        if problem is None and not any(cell.strip() for cell in cells):
            continue
        content, problem = (None, problem) if problem else _content(cells, header)
        size = sum(map(len, cells))
        yield Row(began, content, problem, size, file.tell())


def _released(rows: Iterator[Row], text: TextIOWrapper, file: BinaryIO) -> Iterator[Row]:
    """Yield rows, and let the file go after them: it is closed by whoever opened it."""
    try:
        yield from rows
    finally:
        if not file.closed:
            text.detach()


def _content(
    cells: list[str], header: tuple[str, ...]
) -> tuple[Mapping[str, object] | None, str | None]:
    spare = cells[len(header) :]
    if len(cells) < len(header) or any(cell.strip() for cell in spare):
        return None, f"{len(cells)} cells, but the header has {len(header)}"
    return dict(zip(header, cells, strict=False)), None


def _undecodable(survey: Survey, error: UnicodeDecodeError) -> FileUnreadable:
    return FileUnreadable(
        f"the text is not {survey.encoding.removesuffix('-sig')} ({error.reason}): "
        "name its encoding with --encoding"
    )
