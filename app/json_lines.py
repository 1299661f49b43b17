"""Lines of a file, whatever it holds, none longer than a bound."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

STDIN = Path("-")
MAX_LINE_BYTES = 1_000_000

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


def numbered(file: BinaryIO) -> Iterator[tuple[Line, int]]:
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
