"""Product feeds in XML: RSS items or Atom entries with Google's names.

The XML comes from strangers, so entities are refused (defusedxml), and neither an entry nor what
stands between two can be larger than a row may be.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from app.formats.errors import FileUnreadable
from app.formats.rows import MAX_ROW_BYTES, Row, Table

GOOGLE = "http://base.google.com/ns/1.0"
MAX_DEPTH = 32

_ENTRIES = frozenset({"item", "entry"})


class _Bounded:
    """A file of which only so much may be read before somebody says that an entry has ended."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._since = 0
        self.done = 0

    def read(self, size: int = -1) -> bytes:
        """Read a piece."""
        piece = self._file.read(min(size, 65_536) if size > 0 else 65_536)
        self._since += len(piece)
        self.done += len(piece)
        if self._since > MAX_ROW_BYTES + 65_536:
            raise FileUnreadable(f"more than {MAX_ROW_BYTES:,} bytes without the end of an entry")
        return piece

    def ended(self) -> None:
        """Begin counting anew."""
        self._since = 0


def product_feed(file: BinaryIO, *, size: int) -> Table:
    """Open a feed; its entries count from 1. Names lose their prefix, and Google's go first."""
    return Table(format="xml", unit="entry", total=size, rows=_rows(file))


def _rows(file: BinaryIO) -> Iterator[Row]:
    bounded = _Bounded(file)
    number = began = 0
    try:
        for element in _entries(bounded):
            number += 1
            size, began = bounded.done - began, bounded.done
            yield Row(number, _content(element), None, max(size, 1), bounded.done)
            bounded.ended()
    except ParseError as error:
        raise FileUnreadable(f"not XML, or cut short, after entry {number:,}: {error}") from error
    except LookupError as error:  # its first line names an encoding that Python does not know
        raise FileUnreadable(f"not XML that can be read: {error}") from error
    except DefusedXmlException as error:
        raise FileUnreadable(f"the XML declares entities, which is not allowed: {error}") from error


def _entries(file: _Bounded) -> Iterator[Any]:
    """Yield each entry as it ends; nothing of what has ended stays in memory."""
    path: list[Any] = []
    entry: Any = None
    for event, element in iterparse(file, events=("start", "end")):
        if event == "start":
            path.append(element)
            if len(path) > MAX_DEPTH:
                raise FileUnreadable(f"nested deeper than {MAX_DEPTH} elements")
            if entry is None and _local(element) in _ENTRIES:
                entry = element
            continue
        path.pop()
        if element is entry:
            yield element
            entry = None
        if entry is None and path:
            path[-1].remove(element)


def _content(entry: Any) -> dict[str, object]:  # noqa: ANN401 - an element has no public type
    """Take the texts of an entry by name; repeated ones become one text, divided by ";"."""
    plain: dict[str, str] = {}
    googles: dict[str, str] = {}
    for child in entry:
        text = (child.text or "").strip() or child.get("href", "")
        if len(child) or not text:
            continue
        into = googles if child.tag.startswith(f"{{{GOOGLE}}}") else plain
        name = _local(child)
        into[name] = f"{into[name]};{text}" if name in into else text
    return {**plain, **googles}


def _local(element: Any) -> str:  # noqa: ANN401 - an element has no public type
    return str(element.tag).rpartition("}")[2]
