"""Lines of a file, whatever it holds, in batches of bounded size."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

STDIN = Path("-")
MAX_LINE_BYTES = 1_000_000
MAX_BATCH_ROWS = 1_000
MAX_BATCH_BYTES = 8_000_000
"""Of lines in one batch; it bounds memory when rows carry their pictures."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.

    Attributes:
        number: Counts from 1, blank lines included.
        content: Without the line's end and white space around it; None when it was too long.
    """

    number: int
    content: bytes | None


def opened(source: Path) -> AbstractContextManager[BinaryIO]:
    """Open a file, or take stdin, which stays open afterwards."""
    return nullcontext(sys.stdin.buffer) if source == STDIN else source.open("rb")


def batches(file: BinaryIO) -> Iterator[tuple[list[Line], int]]:
    """Read a file in batches of lines; with each, how many bytes have been read so far."""
    batch: list[Line] = []
    held = done = 0
    for line, done in _lines(file):
        batch.append(line)
        held += len(line.content or b"")
        if len(batch) == MAX_BATCH_ROWS or held >= MAX_BATCH_BYTES:
            yield batch, done
            batch, held = [], 0
    if batch:
        yield batch, done


def _lines(file: BinaryIO) -> Iterator[tuple[Line, int]]:
    """Read the lines that are not blank; each with how many bytes have been read."""
    number = done = 0
    while piece := file.readline(MAX_LINE_BYTES + 2):  # + 2: a line may end in CR LF
        number += 1
        done += len(piece)
        content: bytes | None = piece.removeprefix(_BYTE_ORDER_MARK) if number == 1 else piece
        if not piece.endswith(b"\n") and len(piece) > MAX_LINE_BYTES:
            content = None
            while piece and not piece.endswith(b"\n"):
                piece = file.readline(MAX_LINE_BYTES)
                done += len(piece)
        elif content is not None and not (content := content.strip(b" \t\r\n")):
            continue
        yield Line(number, content), done
