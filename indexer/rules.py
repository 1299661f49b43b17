"""The rules an item's fields obey: each returns a value in normal form or raises InvalidItem.

The message names the field, the value (shortened) and the rule.
"""

import json
import math
import re
import reprlib
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import urlsplit

from indexer.errors import InvalidItem

MAX_ID = 128
MAX_TITLE = 1_000
MAX_DESCRIPTION = 100_000
MAX_URL = 8_192
MAX_DATA_URL = 15_000_000
"""Characters: a picture of about 11 MB; whoever takes requests sets the nearer limit."""
MAX_CATEGORIES = 64
MAX_CATEGORY = 256
MAX_ATTRIBUTES = 16_000
MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1
"""What Milvus and most readers of JSON can hold."""

SHOWN = 60
"""Characters of a value a message shows."""

_short = reprlib.Repr()
_short.maxstring = _short.maxother = SHOWN
_short.maxlevel = 2

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_BLANK = re.compile(r"[\x00-\x20\x7f]")


def refuse(field: str, value: object, rule: str) -> NoReturn:
    """Raise InvalidItem about a field."""
    raise InvalidItem(f"{field} is {_short.repr(value)}, but must be {rule}")


def an_id(field: str, value: object) -> str:
    """Hold an id to the rules: 1 to 128 printable characters, NFC, no "/", not "." or ".."."""
    rule = f'1 to {MAX_ID} printable characters without "/", and not "." or ".."'
    if not isinstance(value, str) or len(value) > 4 * MAX_ID:
        refuse(field, value, rule)
    normal = unicodedata.normalize("NFC", value)
    if (
        not 1 <= len(normal) <= MAX_ID
        or not normal.isprintable()
        or "/" in normal
        or normal in {".", ".."}
    ):
        refuse(field, value, rule)
    return normal


def a_text(field: str, value: object, longest: int) -> str | None:
    """Hold free text to a length; None passes."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        refuse(field, value, f"text of at most {longest:,} characters, or null")
    _keepable(field, value)
    return value


def an_image_url(field: str, value: object) -> str | None:
    """Hold an address to http, https or data; None passes. It may still not be fetchable."""
    if value is None:
        return None
    rule = f"an http, https or data URL of at most {MAX_URL:,} characters (data: {MAX_DATA_URL:,})"
    if not isinstance(value, str):
        refuse(field, value, rule)
    if value[:5].lower() == "data:":
        if len(value) > MAX_DATA_URL or "," not in value:
            refuse(field, value, rule)
        _keepable(field, value)
        return value
    if len(value) > MAX_URL or _BLANK.search(value) or _UNKEEPABLE.search(value):
        refuse(field, value, rule)
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        refuse(field, value, rule)
    if parts.scheme not in {"http", "https"} or not host:
        refuse(field, value, rule)
    return value


def some_categories(field: str, value: object) -> tuple[str, ...]:
    """Hold category names to the rules; None means none."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > MAX_CATEGORIES:
        refuse(field, value, f"a list of at most {MAX_CATEGORIES} names")
    for position, name in enumerate(value):
        if not isinstance(name, str) or not 1 <= len(name) <= MAX_CATEGORY:
            refuse(f"{field}[{position}]", name, f"text of 1 to {MAX_CATEGORY} characters")
        _keepable(f"{field}[{position}]", name)
    if len(set(value)) < len(value):
        refuse(field, list(value), "free of repeats")
    return tuple(value)


def a_price(field: str, value: object) -> float | None:
    """Hold a price to a finite number of 0 or more; None passes."""
    if value is None:
        return None
    rule = "a finite number of 0 or more, or null"
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(field, value, rule)
    try:
        number = float(value)
    except OverflowError:
        refuse(field, "a number beyond 1e308", rule)
    if not math.isfinite(number) or number < 0:
        refuse(field, value, rule)
    return number + 0.0  # -0.0 becomes 0.0


def a_flag(field: str, value: object) -> bool:
    """Hold a value to true or false."""
    if not isinstance(value, bool):
        refuse(field, value, "true or false")
    return value


def an_instant(field: str, value: object) -> datetime:
    """Hold a time to one with an offset; the result is in UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        refuse(field, value, "a time with an offset from UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        refuse(field, value, "a time within the years 1 to 9999 in UTC")


def some_attributes(field: str, value: object) -> Mapping[str, object]:
    """Hold attributes to a JSON object of bounded size and depth; None means empty."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        refuse(field, value, "a JSON object")
    for path, part in _parts(field, value):
        _hold_part(path, part)
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(written.encode()) > MAX_ATTRIBUTES:
        refuse(field, written, f"at most {MAX_ATTRIBUTES:,} bytes as JSON")
    return dict(value)


def _parts(field: str, value: object) -> Iterator[tuple[str, object]]:
    """Walk every value below one, with where it is; not by recursion, which depth could exhaust."""
    waiting = [(field, value, 0)]
    while waiting:
        path, part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            refuse(field, "deeper", f"nested at most {MAX_DEPTH} deep")
        yield path, part
        if isinstance(part, Mapping):
            for name, below in part.items():
                if not isinstance(name, str):
                    refuse(path, name, "an object whose names are text")
                _keepable(path, name)
                waiting.append((f"{path}.{name}"[:SHOWN], below, depth + 1))
        elif isinstance(part, list | tuple):
            waiting += [(path, below, depth + 1) for below in part]


def _hold_part(path: str, part: object) -> None:
    if isinstance(part, str):
        _keepable(path, part)
    elif isinstance(part, float) and not math.isfinite(part):
        refuse(path, part, "a finite number")
    elif isinstance(part, int) and abs(part) > MAX_INTEGER:
        refuse(path, "an integer beyond 64 bits", "within 64 bits")
    elif part is not None and not isinstance(part, str | int | float | list | tuple | Mapping):
        refuse(path, part, "a JSON value")


def _keepable(field: str, text: str) -> None:
    if _UNKEEPABLE.search(text):
        refuse(field, text, "free of NUL and of lone surrogates, which PostgreSQL cannot keep")
