"""Opening a file of rows: which format it is, and where its bytes come from."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, get_args

from app.formats.delimited import delimited
from app.formats.documents import json_document, json_lines
from app.formats.errors import FileUnreadable
from app.formats.excel import excel
from app.formats.parquet import parquet
from app.formats.product_feed import product_feed
from app.formats.rows import Format, Table
from app.formats.survey import Survey, surveyed
from app.json_lines import STDIN

FORMATS: tuple[Format, ...] = get_args(Format)

_EXTENSIONS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xml": "xml",
    ".rss": "xml",
    ".atom": "xml",
}
_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "xlsx"),
    (b"<", "xml"),
    (b"[", "json"),
    (b"{", "json"),
)
_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An open file and, where it can be read twice, what it is."""

    table: Table
    survey: Survey | None


def by_extension(source: Path) -> Format | None:
    """Tell a format by a file's name, or None."""
    return _EXTENSIONS.get(source.suffix.lower())


def by_content(head: bytes) -> Format:
    """Tell a format by a file's first bytes; what is nothing else is text with delimiters."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((each for magic, each in _MAGIC if start.startswith(magic)), "csv")


@contextmanager
def opened(
    source: Path,
    named: Format | None = None,
    encoding: str | None = None,
) -> Iterator[OpenFile]:
    """Open a file of rows.

    Args:
        source: A file, or STDIN; what comes from there is JSON Lines unless told otherwise.
        named: Its format; None: told by the name, else by the content.
        encoding: Of text; None: UTF-8, or Windows-1252 where it is not.

    Raises:
        FileError: It cannot be read as that; the message says what to do.
        OSError: It cannot be read at all.
    """
    if source == STDIN and named in (None, "jsonl"):
        yield OpenFile(json_lines(sys.stdin.buffer, size=None), None)
        return
    if source != STDIN:
        with source.open("rb") as file:
            yield _opened(file, named or by_extension(source), encoding)
        return
    # The other formats need to go back in what they read.
    with tempfile.TemporaryFile() as file:
        while piece := sys.stdin.buffer.read(_COPY):
            file.write(piece)
        file.seek(0)
        yield _opened(file, named, encoding)


def _opened(file: BinaryIO, named: Format | None, encoding: str | None) -> OpenFile:
    survey = surveyed(file, encoding)
    size = file.seek(0, 2)
    file.seek(0)
    chosen = named or by_content(file.read(4_096))
    file.seek(0)
    return OpenFile(_table(file, chosen, survey, size), survey)


def _table(file: BinaryIO, chosen: Format, survey: Survey, size: int) -> Table:
    match chosen:
        case "jsonl":
            return json_lines(file, size=size)
        case "json":
            return json_document(file, size=size)
        case "csv":
            return delimited(file, survey, size=size, delimiter=None)
        case "tsv":
            return delimited(file, survey, size=size, delimiter="\t")
        case "parquet":
            return parquet(file)
        case "xlsx":
            return excel(file)
        case "xml":
            return product_feed(file, size=size)


def a_format(name: str) -> Format:
    """Take a format by its name, or raise FileUnreadable."""
    found = next((each for each in FORMATS if each == name.lower()), None)
    if found is None:
        raise FileUnreadable(f"{name!r} is no format: there are {', '.join(FORMATS)}")
    return found
