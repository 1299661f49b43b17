"""The one place that writes Milvus's language: what of a filter an engine can say, and how.

What an engine cannot say exactly is left out of the filter it gets, never said stronger: whoever
asks applies the filter's own meaning to the answer.
"""

import operator
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from indexer.encoding import (
    EXACT,
    NONE,
    SOME,
    UNLISTED,
    clamped,
    encoded,
    microseconds,
    token,
)
from indexer.filters import (
    EVERYTHING,
    All,
    AnyOf,
    Attribute,
    Exists,
    Field,
    Filter,
    In,
    KeyIn,
    Not,
    Range,
    bounds,
)
from indexer.normal_form import negation_normal


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an engine can say.

    Attributes:
        negates: Whether it knows `not`.
    """

    negates: bool


LITE = Dialect(negates=False)
SERVER = Dialect(negates=True)


def pushed(where: Filter, dialect: Dialect) -> Filter:
    """Return the part of a filter that the engine can say: equal to it, or weaker."""
    normal = negation_normal(where)
    sayable = _sayable(normal, dialect)
    return where if sayable == normal else sayable


def _sayable(where: Filter, dialect: Dialect) -> Filter:
    match where:
        case All(parts):
            kept = (_sayable(part, dialect) for part in parts)
            return All(tuple(part for part in kept if part != EVERYTHING))
        case AnyOf(parts):
            options = tuple(_sayable(part, dialect) for part in parts)
            return EVERYTHING if EVERYTHING in options else AnyOf(options)
        case leaf:
            return EVERYTHING if _leaf(leaf, dialect) is None else leaf


def expression(where: Filter, dialect: Dialect, exclude: Collection[int] = ()) -> str | None:
    """Say `pushed(where)`, without the keys to exclude, in the engine's language.

    Returns:
        The expression; empty when everything passes; None when nothing can.
    """
    parts = [_said(negation_normal(where), dialect)]
    if exclude:
        parts.append(f"key not in {_numbers(exclude)}")
    said = _all(parts)
    if isinstance(said, bool):
        return "" if said else None
    return said


_Said = str | bool
"""A condition in the engine's language, or what is known without asking it."""


def _said(where: Filter, dialect: Dialect) -> _Said:
    match where:
        case All(parts):
            return _all([_said(part, dialect) for part in parts])
        case AnyOf(parts):
            return _any([_said(part, dialect) for part in parts])
        case leaf:
            said = _leaf(leaf, dialect)
            return True if said is None else said


def _all(parts: Sequence[_Said]) -> _Said:
    texts = [part for part in parts if isinstance(part, str)]
    if False in parts:
        return False
    return _balanced(texts, "and") if texts else True


def _any(parts: Sequence[_Said]) -> _Said:
    texts = [part for part in parts if isinstance(part, str)]
    if True in parts:
        return True
    return _balanced(texts, "or") if texts else False


def _balanced(parts: Sequence[str], word: str) -> str:
    # A chain of 60 is nested 60 deep once parsed, more than either engine takes.
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_balanced(parts[:middle], word)} {word} {_balanced(parts[middle:], word)})"


@dataclass(frozen=True, slots=True)
class _Saying:
    """How an engine says that a leaf holds, and that it does not; None where it cannot."""

    holds: _Said | None
    fails: _Said | None


_NEVER = _Saying(holds=False, fails=True)
_ALWAYS = _Saying(holds=True, fails=False)
_UNSAYABLE = _Saying(holds=None, fails=None)


def _leaf(leaf: Filter, dialect: Dialect) -> _Said | None:
    if isinstance(leaf, Not):
        return _saying(leaf.part, dialect).fails
    return _saying(leaf, dialect).holds


def _saying(leaf: Filter, dialect: Dialect) -> _Saying:
    match leaf:
        case KeyIn(keys):
            return _among("key", keys)
        case In(field, values):
            return _member(field, values, dialect)
        case Range("price" | "created_at" | Attribute()):
            return _range(leaf, dialect)
        case Exists(field):
            return _exists(field, dialect)
        case _:
            return _NEVER  # a range over what has no order


def _member(field: Field, values: Iterable[object], dialect: Dialect) -> _Saying:
    match field:
        case "item_id":
            return _UNSAYABLE  # said by keys only: see `indexer.filters.bound`
        case "price":
            return _among("price", {price for price in _doubles(values) if price >= 0})
        case "available":
            return _truth({value for value in values if isinstance(value, bool)})
        case "categories":
            return _holding(
                "categories", [encoded(v) for v in values if isinstance(v, str)], dialect
            )
        case Attribute(name):
            tokens = [token(name, value) for value in values]
            return _holding("tokens", [each for each in tokens if each is not None], dialect)
        case _:
            return _NEVER  # no scalar equals a time


def _exists(field: Field, dialect: Dialect) -> _Saying:
    match field:
        case "price":
            return _Saying(holds="price >= 0.0", fails="price < 0.0")
        case "categories":
            return _Saying(
                holds=f"array_contains(categories, {_text(SOME)})",
                fails=f"array_contains(categories, {_text(NONE)})",
            )
        case Attribute(name):
            return _holding("tokens", [encoded(name)], dialect)
        case _:
            return _ALWAYS


def _among(column: str, numbers: Collection[float]) -> _Saying:
    if not numbers:
        return _NEVER
    listed = _numbers(numbers)
    return _Saying(holds=f"{column} in {listed}", fails=f"{column} not in {listed}")


def _truth(wanted: set[bool]) -> _Saying:
    match sorted(wanted):
        case []:
            return _NEVER
        case [value]:
            held, other = ("true", "false") if value else ("false", "true")
            return _Saying(holds=f"available == {held}", fails=f"available == {other}")
        case _:
            return _ALWAYS


def _holding(column: str, texts: Sequence[str], dialect: Dialect) -> _Saying:
    if not texts:
        return _NEVER
    # A row whose attributes are not listed must pass either way.
    wanted = [UNLISTED, *texts] if column == "tokens" else texts
    fails = f"not ({_contains(column, texts)})" if dialect.negates else None
    return _Saying(holds=_contains(column, wanted), fails=fails)


def _contains(column: str, texts: Sequence[str]) -> str:
    return (
        f"array_contains_any({column}, [{', '.join(_text(each) for each in sorted(set(texts)))}])"
    )


_OPPOSITES = {">=": "<", ">": "<=", "<=": ">", "<": ">="}
_SIGNS = {operator.ge: ">=", operator.gt: ">", operator.le: "<=", operator.lt: "<"}


def _range(where: Range, dialect: Dialect) -> _Saying:
    limits = []
    for compare, bound in bounds(where):
        if isinstance(bound, datetime) is not (where.field == "created_at"):
            return _NEVER  # no time is a number
        limit = microseconds(bound) if isinstance(bound, datetime) else _double(bound)
        if limit is None:
            return _UNSAYABLE
        limits.append((_SIGNS[compare], limit))
    if isinstance(where.field, Attribute):
        column = f'numbers["={encoded(where.field.name)}"]'
        holds = _all([f"{column} {sign} {limit!r}" for sign, limit in limits])
        return _Saying(holds=holds, fails=f"not ({holds})" if dialect.negates else None)
    inside = [f"{where.field} {sign} {limit!r}" for sign, limit in limits]
    outside = [f"{where.field} {_OPPOSITES[sign]} {limit!r}" for sign, limit in limits]
    if where.field == "price":
        inside.append("price >= 0.0")
        outside.append("price < 0.0")
    return _Saying(holds=_all(inside), fails=_any(outside))


def _doubles(values: Iterable[object]) -> Iterable[float]:
    """Yield the numbers that a column of doubles can hold; it cannot equal any other."""
    for value in values:
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and clamped(value) == value
        ):
            yield clamped(value)


def _double(bound: float) -> float | None:
    """Return a bound as the double it is; None for one too large to compare with as a double."""
    return float(bound) if -EXACT < bound < EXACT else None


def _text(encoded_text: str) -> str:
    return f'"{encoded_text}"'


def _numbers(numbers: Collection[float]) -> str:
    return f"[{', '.join(repr(each) for each in sorted(numbers))}]"
