"""Files for tests, and what comes of reading them."""

from pathlib import Path

from app.formats.names import Kind
from app.formats.opening import opened
from app.formats.plan import How, RowReader
from app.formats.rows import BadRowError


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(source: Path, kind: Kind = "items", how: How | None = None) -> dict[int, object]:
    """By number: what HTTP would be sent, or the reason it cannot be."""
    given = how or How()
    found: dict[int, object] = {}
    with opened(source, given.format, given.encoding) as file:
        reader = RowReader(file.table, kind, given.reading)
        for row in reader.rows():
            try:
                found[row.number] = reader.read(row)
            except BadRowError as error:
                found[row.number] = str(error)
    return found


def notes_of(source: Path, kind: Kind = "items", how: How | None = None) -> tuple[str, ...]:
    given = how or How()
    with opened(source, given.format, given.encoding) as file:
        return RowReader(file.table, kind, given.reading).plan.notes
