"""What a file is, found out by reading it once: its bytes' digest, and how it is encoded."""

import codecs
import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from app.formats.errors import FileUnreadable

CHUNK = 1 << 20

# Bytes that Windows-1252 leaves undefined.
_NOT_CP1252 = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file is.

    Attributes:
        digest: SHA-256 of its bytes, in hex.
        encoding: By which its text can be read, the byte order mark included.
    """

    digest: str
    encoding: str

    @property
    def note(self) -> str | None:
        """What is worth telling of the encoding."""
        if self.encoding == "cp1252":
            return (
                "the file is not UTF-8; it is read as Windows-1252 (another one: --encoding NAME)"
            )
        return "read as UTF-16" if self.encoding == "utf-16" else None


def surveyed(file: BinaryIO, encoding: str | None = None) -> Survey:
    """Read a file from its beginning to its end, and go back to the beginning.

    Args:
        file: It can seek.
        encoding: If it is known already.

    Raises:
        FileUnreadable: There is no such encoding.
    """
    digest = hashlib.sha256()
    utf_8 = codecs.getincrementaldecoder("utf-8")()
    is_utf_8, is_cp1252 = True, True
    head = file.read(CHUNK)
    chunk = head
    while chunk:
        digest.update(chunk)
        is_cp1252 = is_cp1252 and not any(byte in chunk for byte in _NOT_CP1252)
        is_utf_8 = is_utf_8 and _decodes(utf_8, chunk, final=False)
        chunk = file.read(CHUNK)
    is_utf_8 = is_utf_8 and _decodes(utf_8, b"", final=True)
    file.seek(0)
    if encoding is not None:
        return Survey(digest.hexdigest(), _known(encoding))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Survey(digest.hexdigest(), "utf-16")
    # What is neither is refused where its text is read: a Parquet file has none.
    return Survey(digest.hexdigest(), "cp1252" if is_cp1252 and not is_utf_8 else "utf-8-sig")


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise FileUnreadable(
            f"{encoding!r} is no encoding: write utf-8, cp1252, iso8859-15 or another Python name"
        ) from error
    return "utf-8-sig" if name == "utf-8" else name
