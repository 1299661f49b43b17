"""SHA-256 of weights files: what tells one set of weights from another."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

SHOWN = 12
"""Hexadecimal digits of a checksum that a model's identity carries."""


def checksum(files: Sequence[Path]) -> str:
    """Return the SHA-256 of a file in hexadecimal; of several, that of their checksums in order.

    Raises:
        OSError: A file cannot be read.
    """
    if len(files) == 1:
        with files[0].open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    return hashlib.sha256("".join(checksum([file]) for file in files).encode()).hexdigest()


def identity(name: str, digest: str) -> str:
    """Name a model and its very weights in at most 255 characters."""
    return f"{name[:200]}@{digest[:SHOWN]}"
