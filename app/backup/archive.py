"""The file: a zip with a line of JSON a row.

    kindred-backup.json    what made it, and the schema it is of
    tables/<name>.jsonl    a header, then a row a line
    manifest.json          rows and SHA-256 of each table, and the last numbers given

The manifest and the zip's own directory come last, so that a file that was cut off is none. Values
are JSON; of columns that hold bytes, base64; of JSON columns, their text as it is; and numbers that
JSON cannot say are texts.
"""

import base64
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

import orjson

from app.backup.errors import BadArchive

FORMAT = 1
HEAD = "kindred-backup.json"
MANIFEST = "manifest.json"

LONGEST_LINE = 256_000_000
"""Bytes of a row at most: an item that carries its picture has some ten million."""

Kind = Literal["text", "integer", "float", "boolean", "json", "binary"]
KINDS: tuple[Kind, ...] = ("text", "integer", "float", "boolean", "json", "binary")

Columns = Sequence[tuple[str, Kind]]
Row = Sequence[Any]

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError)
"""What reading a file that is not as it was written raises."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself.

    Attributes:
        schema: Its revision.
        engine: What it was made from.
        made_at: RFC 3339.
    """

    schema: str
    engine: str
    made_at: str


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of one table."""

    rows: int
    sha256: str


class ArchiveWriter:
    """Writes a backup; a row is in memory at a time. A context manager."""

    def __init__(self, file: IO[bytes], head: Head) -> None:
        # The fastest level: vectors hardly shrink, and texts do at any.
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._zip.writestr(
            HEAD,
            orjson.dumps(
                {
                    "format": FORMAT,
                    "schema": head.schema,
                    "engine": head.engine,
                    "made_at": head.made_at,
                }
            ),
        )
        self._tables: dict[str, Written] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def table(self, name: str, columns: Columns, rows: Iterable[Row]) -> int:
        """Write a table; return how many rows there were."""
        writers = [_writer(kind) for _, kind in columns]
        digest = hashlib.sha256()
        count = 0
        with self._zip.open(f"tables/{name}.jsonl", "w", force_zip64=True) as entry:
            for line in _lines(columns, writers, rows):
                digest.update(line)
                entry.write(line)
                count += 1
        self._tables[name] = Written(count - 1, digest.hexdigest())
        return count - 1

    def finish(self, sequences: Mapping[str, int]) -> None:
        """Write what makes the file whole.

        Args:
            sequences: Table to the last number that was given to a row of it.
        """
        tables = {
            name: {"rows": each.rows, "sha256": each.sha256} for name, each in self._tables.items()
        }
        self._zip.writestr(MANIFEST, orjson.dumps({"tables": tables, "sequences": dict(sequences)}))


class ArchiveReader:
    """Reads a backup; what is not as it was written raises BadArchive."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._zip = archive
        self._path = path
        with self._checked():
            head = orjson.loads(archive.read(HEAD))
            manifest = orjson.loads(archive.read(MANIFEST))
            if head["format"] != FORMAT:
                raise BadArchive(
                    f"{path} is a backup of format {head['format']}, and this program reads "
                    f"{FORMAT}: use the release that made it, or a newer one"
                )
            self.head = Head(str(head["schema"]), str(head["engine"]), str(head["made_at"]))
            self.tables = {
                str(name): Written(int(each["rows"]), str(each["sha256"]))
                for name, each in manifest["tables"].items()
            }
            self.sequences = {str(name): int(last) for name, last in manifest["sequences"].items()}

    @contextmanager
    def table(self, name: str) -> Iterator[tuple[list[tuple[str, Kind]], Iterator[Row]]]:
        """Give a table's columns, and its rows to be read to their end."""
        with self._checked(), self._zip.open(f"tables/{name}.jsonl") as entry:
            digest = hashlib.sha256()
            columns = [_column(each) for each in _read(entry, digest)["columns"]]
            yield columns, self._rows(name, columns, entry, digest)

    def _rows(
        self, name: str, columns: Columns, entry: IO[bytes], digest: "hashlib._Hash"
    ) -> Iterator[Row]:
        readers = [_reader(kind) for _, kind in columns]
        count = 0
        while (values := _read(entry, digest)) is not None:
            if len(values) != len(readers):
                raise BadArchive(f"{self._path}: a row of {name} has {len(values)} values")
            yield [
                None if value is None else read(value)
                for value, read in zip(values, readers, strict=True)
            ]
            count += 1
        if Written(count, digest.hexdigest()) != self.tables[name]:
            raise BadArchive(f"{self._path}: the table {name} is not as it was written")

    @contextmanager
    def _checked(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGED as error:
            raise BadArchive(f"{self._path} is not as a backup was written ({error})") from error


@contextmanager
def reading(path: Path) -> Iterator[ArchiveReader]:
    """Open a backup.

    Raises:
        BadArchive: It is none, or not whole.
        OSError: It cannot be read.
    """
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise BadArchive(f"{path} is no backup, or was cut off ({error})") from error
    with archive:
        yield ArchiveReader(archive, path)


def _lines(
    columns: Columns, writers: Sequence[Callable[[Any], object]], rows: Iterable[Row]
) -> Iterator[bytes]:
    yield orjson.dumps({"columns": [list(each) for each in columns]}) + b"\n"
    for row in rows:
        values = [
            None if value is None else write(value)
            for value, write in zip(row, writers, strict=True)
        ]
        yield orjson.dumps(values) + b"\n"


def _read(entry: IO[bytes], digest: "hashlib._Hash") -> Any:  # noqa: ANN401 - JSON can be anything
    """Read a line; None at the end."""
    line = entry.readline(LONGEST_LINE)
    digest.update(line)
    return orjson.loads(line) if line else None


def _column(given: Sequence[str]) -> tuple[str, Kind]:
    name, wanted = given
    for kind in KINDS:
        if kind == wanted:
            return name, kind
    raise ValueError(f"there is no kind of column {wanted!r}")


def _writer(kind: Kind) -> Callable[[Any], object]:
    if kind == "binary":
        return lambda value: base64.b64encode(value).decode()
    if kind == "float":
        return lambda value: value if abs(value) < float("inf") else str(value)
    return lambda value: value


def _reader(kind: Kind) -> Callable[[Any], object]:
    if kind == "binary":
        return base64.b64decode
    return float if kind == "float" else lambda value: value
