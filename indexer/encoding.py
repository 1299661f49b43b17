"""How a row is stored in Milvus, which never sees a user's character.

Texts and names are percent-encoded, for rows and for filters alike, so that only letters, digits
and `_.~%-` remain; what else stands in a literal is ours.

An attribute is stored twice. `tokens` is an array of texts: `color` says that there is a color,
`color=sred` that it is, or that among its values is, the text "red", `size=n4.0` the number 4,
`new=bTrue` a truth value. So equality is of type and all on every engine, whatever it thinks of
1, 1.0 and true. `numbers` is JSON from name to number, for ranges. (`json_contains_any` with 64
values ended the process of Lite 2.5.1 with a segmentation fault; arrays took 20,000.)
"""

import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import orjson

from indexer.errors import StoreRejected
from indexer.filters import Filterable
from indexer.kinds import typed
from indexer.store import Row

# Milvus counts bytes; a character is at most four, each written as three ("%F0").
MAX_ITEM_ID_BYTES = 128 * 12
MAX_CATEGORY_BYTES = 256 * 12
MAX_CATEGORIES = 64
MAX_TOKENS = 1_024
MAX_TOKEN_BYTES = 65_535
MAX_TOKENS_BYTES = 2**18  # of a row: a long name is repeated with each value of a list
MAX_NUMBERS_BYTES = 65_536

NO_PRICE = -1.0
"""Lite has no nullable fields, and no price is below 0."""

# Marks, none of which can be an encoded text.
SOME = "!"
"""In `categories`: there are some. With NONE it spares Lite the word `not`, unknown to it."""
NONE = "?"
"""In `categories`: there are none."""
UNLISTED = "*"
"""In `tokens`: there were too many to list, so the row passes every condition on attributes."""

EXACT = 2**53
"""From here on a double no longer tells neighbouring integers apart."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encoded(text: str) -> str:
    """Percent-encode all but letters, digits and `_.~-`; a lone surrogate is encoded too."""
    if text.isascii() and text.isalnum():
        return text  # most names and values are, and quoting took a sixth of writing a row
    return quote(text, safe="", errors="surrogatepass")


def stored(row: Row) -> dict[str, object]:
    """Write a row the way it is stored.

    Raises:
        StoreRejected: If a field is over a limit of Milvus; items within `Item`'s rules are not.
    """
    item = row.item
    numbers = dict(_numbers(item))
    _limit(item, "item_id", len(encoded(item.item_id)), MAX_ITEM_ID_BYTES)
    _limit(item, "number of categories", len(item.categories), MAX_CATEGORIES)
    for category in item.categories:
        _limit(item, f"category {category[:40]!r}", len(encoded(category)), MAX_CATEGORY_BYTES)
    _limit(item, "numeric attributes", len(orjson.dumps(numbers)), MAX_NUMBERS_BYTES)
    return {
        "key": item.key,
        "revision": row.revision,
        "item_id": encoded(item.item_id),
        "categories": [
            SOME if item.categories else NONE,
            *(encoded(category) for category in item.categories),
        ],
        "price": NO_PRICE if item.price is None else float(item.price),
        "available": item.available,
        "created_at": microseconds(item.created_at),
        "tokens": _tokens(item),
        "numbers": numbers,
        "vector": row.vector,
    }


def _limit(item: Filterable, what: str, size: int, most: int) -> None:
    if size > most:
        raise StoreRejected(
            f"{what} of item {item.item_id[:128]!r} takes {size} as stored; Milvus takes at most"
            f" {most}. Trying again does not help; shorten it."
        )


def microseconds(time: datetime) -> int:
    """Count the microseconds since 1970, exactly."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def _tokens(item: Filterable) -> list[str]:
    tokens = {each for name in item.attributes for each in _tokens_of(name, item)}
    sizes = [len(each) for each in tokens]
    listable = len(tokens) <= MAX_TOKENS and sum(sizes) <= MAX_TOKENS_BYTES
    return sorted(tokens) if listable and max(sizes, default=0) <= MAX_TOKEN_BYTES else [UNLISTED]


def _tokens_of(name: str, item: Filterable) -> Iterator[str]:
    value = item.attributes[name]
    if value is not None:
        yield encoded(name)
    for member in value if isinstance(value, list | tuple) else (value,):
        spelled = token(name, member)
        if spelled is not None:
            yield spelled


def token(name: str, value: object) -> str | None:
    """Spell "this attribute is, or holds, this value"; None for what no filter can ask for."""
    given = typed(value)
    if given is None:
        return None
    kind, scalar = given
    return f"{encoded(name)}={kind}{encoded(_spelled(scalar))}"


def _spelled(value: str | float) -> str:
    """Spell a scalar so that two of a kind are equal exactly when their spellings are."""
    if isinstance(value, str | bool):
        return str(value)
    try:
        double = float(value)
    except OverflowError:
        return hex(int(value))
    # Adding zero turns -0.0, which equals 0.0, into it.
    same = double == value or math.isnan(double)
    return repr(double + 0.0) if same else hex(int(value))


def _numbers(item: Filterable) -> Iterator[tuple[str, float]]:
    for name, value in item.attributes.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = clamped(value)
            if not math.isnan(number):
                # The sign is for the empty name, which is no name to Milvus.
                yield f"={encoded(name)}", number


def clamped(value: float) -> float:
    """Return the nearest finite double; below EXACT, integers are kept as they are.

    Larger numbers may fall together, and no bound as large is pushed down.
    """
    try:
        return min(max(float(value), -sys.float_info.max), sys.float_info.max)
    except OverflowError:
        return math.copysign(sys.float_info.max, 1 if value > 0 else -1)
