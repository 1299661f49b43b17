"""JSON files: an object a line, an array of objects, or an object that holds such an array.

An array is cut into its elements as it is read, so memory stays bounded by the largest of them.
"""

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from app.formats.errors import FileUnreadable
from app.formats.rows import MAX_ROW_BYTES, Row, Table
from app.json_lines import MAX_LINE_BYTES, numbered

HOLDERS = ("items", "products", "data", "results", "entries", "interactions", "events")
"""Names under which an object may hold the array."""

CHUNK = 65_536

_SIGNS = re.compile(rb'["\\\[\]{},]')
_IN_TEXT = re.compile(rb'["\\]')
_BLANK = b" \t\r\n"
_HOLDER = re.compile(
    rb'"(?:' + "|".join(HOLDERS).encode() + rb')"[ \t\r\n]*:[ \t\r\n]*\[', re.IGNORECASE
)


def json_lines(file: BinaryIO, *, size: int | None) -> Table:
    """Open a file of one JSON value a line."""
    return Table(format="jsonl", unit="line", total=size, rows=_line_rows(file))


def _line_rows(file: BinaryIO) -> Iterator[Row]:
    for line, done in numbered(file):
        problem = None if line.content is not None else f"longer than {MAX_LINE_BYTES:,} bytes"
        yield Row(line.number, line.content, problem, len(line.content or b""), done)


def json_document(file: BinaryIO, *, size: int) -> Table:
    """Open a JSON file; which of the three shapes it has is found out from its beginning.

    Raises:
        FileUnreadable: It is none of them.
    """
    head = file.read(MAX_ROW_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)
    file.seek(0)
    if not head:
        return json_lines(file, size=size)
    if head.startswith(b"["):
        _skip_to(file, b"[")
        return _array(file, size=size)
    if not head.startswith(b"{"):
        raise FileUnreadable("not JSON: a file begins with [ or {, or has one object a line")
    if _is_object(head.split(b"\n", 1)[0]):
        return json_lines(file, size=size)
    start = _holder(head)
    if start is None:
        raise FileUnreadable(
            "the JSON object holds no array of items: one of "
            f"{', '.join(HOLDERS)} must be near its beginning"
        )
    file.seek(0)
    lead = file.read(MAX_ROW_BYTES)
    file.seek(len(lead) - len(lead.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)) + start)
    return _array(file, size=size)


def _is_object(line: bytes) -> bool:
    """Whether a line is an object that is a row, not one that holds rows."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not any(
        isinstance(found.get(name), list) and all(isinstance(row, dict) for row in found[name])
        for name in HOLDERS
    )


def _holder(head: bytes) -> int | None:
    """Find where the array of the outermost object begins, past its bracket."""
    depth = 0
    place = 0
    while sign := _SIGNS.search(head, place):
        place = sign.end()
        if sign[0] == b'"':
            if depth == 1 and (found := _HOLDER.match(head, sign.start())):
                return found.end()
            place = _past_text(head, place)
        elif sign[0] in b"[{":
            depth += 1
        elif sign[0] in b"]}":
            depth -= 1
    return None


def _past_text(head: bytes, place: int) -> int:
    while sign := _IN_TEXT.search(head, place):
        if sign[0] == b'"':
            return sign.end()
        place = sign.end() + 1
    return len(head)


def _skip_to(file: BinaryIO, sign: bytes) -> None:
    lead = file.read(MAX_ROW_BYTES)
    file.seek(lead.index(sign) + 1)


def _array(file: BinaryIO, *, size: int) -> Table:
    return Table(format="json", unit="entry", total=size, rows=_entries(file))


def _entries(file: BinaryIO) -> Iterator[Row]:
    cutter = _Cutter()
    number = 0
    while chunk := file.read(CHUNK):
        for element in cutter.cut(chunk):
            number += 1
            problem = None if element is not None else f"longer than {MAX_ROW_BYTES:,} bytes"
            yield Row(number, element, problem, len(element or b""), file.tell())
        if cutter.over:
            return
    raise FileUnreadable(f"the JSON array is cut short after entry {number:,}")


class _Cutter:
    """Cuts the inside of an array into its elements, chunk by chunk."""

    def __init__(self) -> None:
        self.over = False
        self._held = bytearray()
        self._too_long = False
        self._depth = 0
        self._in_text = False
        self._escaped = False

    def cut(self, chunk: bytes) -> Iterator[bytes | None]:
        """Yield the elements that end in this chunk; None for one that is too long."""
        start = place = 0
        while place < len(chunk):
            if self._escaped:
                self._escaped = False
                place += 1
                continue
            sign = (_IN_TEXT if self._in_text else _SIGNS).search(chunk, place)
            if sign is None:
                break
            place = sign.end()
            if self._ends_element(sign[0]):
                self._keep(chunk[start : sign.start()])
                start = place
                yield from self._element()
                if self.over:
                    return
        self._keep(chunk[start:])

    def _ends_element(self, sign: bytes) -> bool:
        if sign == b'"':
            self._in_text = not self._in_text
        elif sign == b"\\":
            self._escaped = self._in_text
        elif sign in b"[{":
            self._depth += 1
        elif sign == b",":
            return self._depth == 0
        elif self._depth == 0:
            self.over = True
            return True
        else:
            self._depth -= 1
        return False

    def _keep(self, piece: bytes) -> None:
        if len(self._held) + len(piece) > MAX_ROW_BYTES:
            self._too_long = True
            self._held.clear()
        elif not self._too_long:
            self._held += piece

    def _element(self) -> Iterator[bytes | None]:
        element = bytes(self._held).strip(_BLANK)
        too_long, self._too_long = self._too_long, False
        self._held.clear()
        if too_long:
            yield None
        elif element or not self.over:
            yield element or b"null"
