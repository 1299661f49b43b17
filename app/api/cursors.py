"""Where a listing goes on: a number, written so that nobody builds on what it is."""

import base64
from typing import Annotated

from fastapi import Query

from app.errors import Invalid

MAX_DIGITS = 18
"""Larger numbers do not fit 63 bits."""

Cursor = Annotated[
    str | None,
    Query(max_length=64, description="`next_cursor` of the page before."),
]


def written(number: int) -> str:
    """Write where to go on; opaque, so that what it holds can change."""
    return base64.urlsafe_b64encode(f"k{number}".encode()).decode().rstrip("=")


def read(cursor: str) -> int:
    """Read where to go on; raises Invalid if this service did not write it."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        text = ""
    number = text.removeprefix("k")
    if not text.startswith("k") or not number.isdecimal() or len(number) > MAX_DIGITS:
        raise Invalid(f"query.cursor {cursor!r} is not a next_cursor this service gave.")
    return int(number)
