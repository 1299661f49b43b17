"""The kinds of field requests have: ids, times and short strings, each with its rule."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StrictStr,
    WithJsonSchema,
)

from indexer.errors import InvalidItem
from indexer.items import checked_id

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)

ID_RULE = "1 to 128 printable characters, no `/`, not `.` or `..`; compared in Unicode form NFC"


def _item_id(value: str) -> str:
    return _checked_id("item_id", value)


def _user_id(value: str) -> str:
    return _checked_id("user_id", value)


def _checked_id(name: str, value: str) -> str:
    try:
        return checked_id(name, value)
    except InvalidItem as error:
        raise ValueError(str(error)) from error


def _rfc_3339(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("must be a time with an offset, like 2026-05-04T09:30:00Z (RFC 3339)")
    return value


def _keepable(value: datetime) -> datetime:
    # Comparing first: an instant outside of these years cannot even be converted to UTC.
    if not EARLIEST <= value <= LATEST:
        raise ValueError("must lie between 1970 and 9999")
    return value.astimezone(UTC)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must consist of printable characters")
    return value


def without_nul(value: str) -> str:
    """Let a text pass that PostgreSQL can keep; raises ValueError."""
    if "\0" in value:
        raise ValueError("must not hold the character NUL")
    return value


ItemId = Annotated[
    StrictStr,
    AfterValidator(_item_id),
    Field(description=f"The shop's id of the item: {ID_RULE}.", examples=["mug-1"]),
]
UserId = Annotated[
    StrictStr,
    AfterValidator(_user_id),
    Field(description=f"The shop's id of the person: {ID_RULE}.", examples=["ana"]),
]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_rfc_3339),
    AfterValidator(_keepable),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Token = Annotated[StrictStr, Field(min_length=1, max_length=128), AfterValidator(_printable)]
Printable = Annotated[str, AfterValidator(_printable)]
Category = Annotated[StrictStr, Field(min_length=1, max_length=256), AfterValidator(without_nul)]
Prose = Annotated[StrictStr, AfterValidator(without_nul)]
