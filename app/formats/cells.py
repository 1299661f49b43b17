"""What a cell of somebody's table means: numbers, times, yes and no, as people write them.

Each function takes what a cell holds (text, or a value of the file's own type), returns None for an
empty one, and raises CellError with the value and what was expected.
"""

import html
import json
import math
import re
import reprlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Literal

Decimals = Literal["point", "comma"]

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60


class CellError(Exception):
    """A cell cannot mean what its column is for."""


def text(value: object) -> str | None:
    """Take text; a whole number loses its ".0", and blank text is none."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bytes):
        try:
            return text(value.decode())
        except UnicodeDecodeError as error:
            raise CellError(f"{_short.repr(value)} is not text") from error
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CellError(f"{_short.repr(value)} is not text")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def identifier(value: object) -> str | None:
    """Take an id: text without white space around it."""
    found = text(value)
    return None if found is None else found.strip()


def picture(value: object) -> str | None:
    """Take the first address of a cell that may list several."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        value = next(iter(value), None)
    if isinstance(value, Mapping):
        value = value.get("src") or value.get("url")
    found = identifier(value)
    if found is None or found[:5].lower() == "data:":
        return found
    return re.split(r"(?:\s*[,|;]\s*|\s+)(?=https?://)", found)[0]


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_AMOUNT = re.compile(r"[+-]?\d[\d.,]*|[+-]?[.,]\d+")
# Currency signs and codes, and the spaces and apostrophes some put between thousands.
_AROUND = re.compile(r"^[^\d+.,-]*?([A-Z]{3})?\s*|\s*([A-Za-z]{1,5}\.?|[^\d.,]*)$")
_BETWEEN = re.compile(r"(?<=\d)[\s\u00a0\u202f'\u2019](?=\d{3}(?!\d))")
# Thousands, or lakhs: "1,23,456".
_GROUPED = re.compile(r"[+-]?(?:\d*|\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,3}(?:\.\d{2,3})*\.\d{3})")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def number(value: object, decimals: Decimals = "point") -> float | None:
    """Take a number, also with a currency and with marks between thousands.

    Args:
        value: "1.234,50 €", "USD 1,234.50", 12.5.
        decimals: Which mark "1.234" and "1,234" have, where the number itself does not tell.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        found = float(value)
    elif isinstance(value, str):
        found = _written(value, decimals)
    else:
        raise CellError(f"{_short.repr(value)} is no number")
    if not math.isfinite(found):
        raise CellError(f"{_short.repr(value)} is no finite number")
    return found


def _written(value: str, decimals: Decimals) -> float:
    plain = _amount(value)
    if decimals == "point" and _NUMBER.fullmatch(plain):
        return float(plain)
    if not _AMOUNT.fullmatch(plain):
        raise CellError(f"{_short.repr(value)} is no number")
    mark = _decimal_mark(plain, decimals)
    if not _GROUPED.fullmatch(plain.rpartition(mark)[0] if mark else plain):
        raise CellError(f"{_short.repr(value)} is no number")
    other = "." if mark == "," else ","
    whole, _, fraction = plain.replace(other, "").partition(mark) if mark else (plain, "", "")
    if "," in fraction or "." in fraction:
        raise CellError(f"{_short.repr(value)} is no number")
    return float(f"{whole.replace(',', '').replace('.', '') or 0}.{fraction or 0}")


def _amount(value: str) -> str:
    """Take away what stands around a number, and what stands between its thousands."""
    stripped = value.strip()
    if _NUMBER.fullmatch(stripped):
        return stripped
    return _BETWEEN.sub("", _AROUND.sub("", stripped))


def _decimal_mark(plain: str, decimals: Decimals) -> str:
    """Tell which mark a number's decimals have; "" where it has none."""
    points, commas = plain.count("."), plain.count(",")
    if points and commas:
        return "." if plain.rindex(".") > plain.rindex(",") else ","
    if points + commas != 1:
        return ""
    mark = "." if points else ","
    if not _EITHER.fullmatch(plain):
        return mark
    return mark if (mark == ",") == (decimals == "comma") else ""


def decimals_of(values: Sequence[object]) -> tuple[Decimals, bool]:
    """Find out from a sample whether numbers have decimal commas; whether any could be either."""
    amounts = [_amount(value) for value in values if isinstance(value, str)]
    either = [amount for amount in amounts if _EITHER.fullmatch(amount)]
    told = [_decimal_mark(amount, "point") for amount in amounts if amount not in either]
    comma = told.count(",") > told.count(".")
    return ("comma" if comma else "point"), bool(either) and not any(told)


# What can be ordered ahead can be had, in the sense that it may be recommended.
_YES = (
    " 1 yes y true t on in_stock instock available ja oui si vrai lieferbar limited_availability "
    "limitedavailability preorder pre_order backorder back_order onlineonly "
)
_NO = (
    " 0 no n false f off out_of_stock outofstock unavailable not_available sold_out soldout nein "
    "non faux discontinued nicht_lieferbar "
)


def flag(value: object) -> bool | None:
    """Take yes or no; a number is a stock, and more than none is yes."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return value > 0
    found = identifier(value)
    if found is None:
        return None
    said = re.sub(r"[\s-]+", "_", found.rpartition("/")[2].lower())
    if f" {said} " in _YES or f" {said} " in _NO:
        return f" {said} " in _YES
    if _NUMBER.fullmatch(said):
        return float(said) > 0
    raise CellError(f"{_short.repr(value)} says neither yes nor no")


def names(value: object) -> list[str]:
    """Take category names: a list, JSON of one, or text divided by ">", "|" or ";"."""
    if isinstance(value, Mapping):
        raise CellError(f"{_short.repr(value)} is no list of names")
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        found = [name for each in value if (name := _a_name(each))]
    else:
        found = _divided(text(value) or "")
    return list(dict.fromkeys(found))


def _a_name(value: object) -> str | None:
    """Take one name of a list, which stands as it is."""
    return text(value.get("name") if isinstance(value, Mapping) else value)


def _divided(written: str) -> list[str]:
    if written.lstrip().startswith("["):
        try:
            listed = json.loads(written)
        except ValueError:
            listed = None
        if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
            return listed
    # A feed that was escaped once too often says "Kitchen &gt; Mugs".
    parts = re.split(r"[>|;]", html.unescape(written))
    return [part.strip() for part in parts if part.strip()]


_FORMS = (
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
)


def moment(value: object, form: str | None = None) -> datetime | None:
    """Take a time; one without an offset is in UTC.

    Args:
        value: A time or date, RFC 3339 or ISO 8601, "31.01.2026 14:05", an e-mail's date, or
            seconds or milliseconds since 1970. "01/02/2026" is refused: it has two meanings.
        form: How times are written, in the language of strptime, instead of all these.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found: datetime | None = None
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime.combine(value, time())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _since_1970(float(value))
    elif isinstance(value, str):
        found = _read(value.strip(), form)
    if found is None:
        raise CellError(f"{_short.repr(value)} is no time that can be told; say --time-format")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _read(written: str, form: str | None) -> datetime | None:
    if form is not None:
        return _by(written, form)
    if re.fullmatch(r"\d{9,11}(\.\d+)?|\d{12,14}", written):
        return _since_1970(float(written))
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        pass  # some other way of writing it
    for each in _FORMS:
        if found := _by(written, each):
            return found
    try:
        return parsedate_to_datetime(written) if written[:1].isalpha() else None
    except ValueError:
        return None


def _by(written: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(written, form)  # noqa: DTZ007 - UTC is filled in by the caller
    except ValueError:
        return None


def _since_1970(moment: float) -> datetime | None:
    # From the year 5138 on seconds have 12 digits, as milliseconds have had since 1973.
    try:
        return datetime.fromtimestamp(moment / 1_000 if abs(moment) >= 1e11 else moment, UTC)
    except (ValueError, OverflowError, OSError):
        return None
