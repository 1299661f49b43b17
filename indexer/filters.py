"""Which items may be in an answer: a typed tree, whose meaning is in `indexer.meaning`.

The tree is the contract. A store pushes down what its engine can say of it; whoever asks applies
`indexer.meaning` to SQL's own attributes, so an answer never depends on an engine's dialect.
"""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from indexer.errors import InvalidFilter
from indexer.kinds import ATTRIBUTE_KINDS, KINDS, typed

Scalar = str | int | float | bool
MAX_LEAVES = 64
MAX_DEPTH = 8
MAX_VALUES = 1_000
"""Values of all `In` leaves of one tree together."""


@dataclass(frozen=True, slots=True)
class Filterable:
    """What a filter can see of an item.

    Attributes:
        key: SQL's number for the item.
        item_id: The shop's id.
        categories: Names, perhaps none.
        price: 0 or more, or None when unknown.
        available: Whether it can be had now.
        created_at: With an offset.
        attributes: Names to scalars or lists of scalars; other JSON cannot be filtered on.
    """

    key: int
    item_id: str
    categories: tuple[str, ...]
    price: float | None
    available: bool
    created_at: datetime
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A free attribute, by its name."""

    name: str


Field = str | Attribute
"""One of "item_id", "categories", "price", "available", "created_at", or an Attribute."""


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; no parts: always true."""

    parts: tuple["Filter", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; no parts: never true."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class In:
    """The field's value (for a list: one of its values) is one of `values`, type and all.

    A number equals a number of the same value, 1 and 1.0 alike, as JSON does not tell them apart;
    True is not 1, and "1" is neither.
    """

    field: Field
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The field's value is a number (created_at: a time) within all bounds given; absent: false.

    A list, a text or a truth value is no number, so no range holds of it.
    """

    field: Field
    gte: float | datetime | None = None
    gt: float | datetime | None = None
    lte: float | datetime | None = None
    lt: float | datetime | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value: price is known, there is a category, the attribute is there.

    A null is no value; an empty list or an object in an attribute is one.
    """

    field: Field


@dataclass(frozen=True, slots=True)
class KeyIn:
    """The item is one of these, by SQL's number: what an `item_id` leaf becomes once bound."""

    keys: frozenset[int]


Filter = All | AnyOf | Not | In | Range | Exists | KeyIn
EVERYTHING = All()


def equals(field: Field, value: Scalar) -> In:
    """Shorthand for a membership of one."""
    return In(field, (value,))


def bounds(where: Range) -> Iterator[tuple[Callable[[Any, Any], bool], float | datetime]]:
    """Yield the bounds given, each with the comparison (`operator.ge`, ...) it asks for."""
    for holds, bound in (
        (operator.ge, where.gte),
        (operator.gt, where.gt),
        (operator.le, where.lte),
        (operator.lt, where.lt),
    ):
        if bound is not None:
            yield holds, bound


def check(where: Filter) -> None:
    """Raise InvalidFilter unless the tree is within its limits and well typed.

    A group without parts counts as a leaf, and a leaf alone has depth 1. Well typed means that a
    leaf could hold: a price that equals a text is a mistake, not an empty answer.
    """
    leaves = list(_leaves(where, depth=1))
    if len(leaves) > MAX_LEAVES:
        raise InvalidFilter(f"the filter has {len(leaves)} conditions; at most {MAX_LEAVES} may be")
    values = sum(len(leaf.values) for leaf in leaves if isinstance(leaf, In))
    if values > MAX_VALUES:
        raise InvalidFilter(f"the filter lists {values} values; at most {MAX_VALUES} may be")
    for leaf in leaves:
        _check_leaf(leaf)


def size(where: Filter) -> int:
    """Count the conditions, as MAX_LEAVES bounds them; the tree has passed `check`."""
    return sum(1 for _ in _leaves(where, depth=1))


def _leaves(where: Filter, *, depth: int) -> Iterator[Filter]:
    if depth > MAX_DEPTH:
        raise InvalidFilter(f"the filter is nested deeper than {MAX_DEPTH} levels")
    match where:
        case All(parts) | AnyOf(parts) if parts:
            for part in parts:
                yield from _leaves(part, depth=depth + 1)
        case Not(part):
            yield from _leaves(part, depth=depth + 1)
        case leaf:
            yield leaf


def _check_leaf(leaf: Filter) -> None:
    match leaf:
        case In(field, values):
            _check_field(field)
            for value in values:
                _check_member(field, value)
        case Range(field):
            _check_field(field)
            given = list(bounds(leaf))
            if not given:
                raise InvalidFilter(f"the range over {_name(field)} has no bound")
            for _, bound in given:
                _check_bound(field, bound)
        case Exists(field):
            _check_field(field)


def _check_field(field: Field) -> None:
    if not isinstance(field, Attribute) and field not in KINDS:
        raise InvalidFilter(f"{field!r} is no field to filter on; there are: {sorted(KINDS)}")


def _check_member(field: Field, value: Scalar) -> None:
    kinds, holds = ATTRIBUTE_KINDS if isinstance(field, Attribute) else KINDS[field]
    given = typed(value)
    if given is None or given[0] not in kinds:
        raise InvalidFilter(f"{_name(field)} cannot equal {value!r}; it {holds}")
    if given[0] == "n":
        _check_finite(field, value)


def _check_bound(field: Field, bound: object) -> None:
    if field == "created_at":
        if not isinstance(bound, datetime) or bound.utcoffset() is None:
            raise InvalidFilter(f"created_at is compared with times with an offset, not {bound!r}")
        return
    if field != "price" and not isinstance(field, Attribute):
        raise InvalidFilter(f"{_name(field)} has no order; ranges go over numbers and created_at")
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        raise InvalidFilter(f"{_name(field)} is compared with numbers, not {bound!r}")
    _check_finite(field, bound)


def _check_finite(field: Field, value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidFilter(f"{_name(field)} is compared with finite numbers, not {value!r}")


def _name(field: Field) -> str:
    return f"attribute {field.name!r}" if isinstance(field, Attribute) else field


def item_ids(where: Filter) -> frozenset[str]:
    """Collect the ids that `item_id` leaves name, so that one read can look up their keys."""
    match where:
        case All(parts) | AnyOf(parts):
            return frozenset().union(*(item_ids(part) for part in parts))
        case Not(part):
            return item_ids(part)
        case In("item_id", values):
            return frozenset(value for value in values if isinstance(value, str))
        case _:
            return frozenset()


def bound(where: Filter, keys: Mapping[str, int]) -> Filter:
    """Replace every `item_id` leaf by keys, ids without a key matching nothing."""
    match where:
        case All(parts):
            return All(tuple(bound(part, keys) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(bound(part, keys) for part in parts))
        case Not(part):
            return Not(bound(part, keys))
        case In("item_id"):
            return KeyIn(frozenset(keys[name] for name in item_ids(where) if name in keys))
        case Exists("item_id"):
            return EVERYTHING
        case leaf:
            return leaf
