"""Which items may be in an answer: a typed tree, and its meaning in Python.

The tree is the contract. A store pushes down what its engine can say of it; whoever asks applies
`matches` to SQL's own attributes, so an answer never depends on an engine's dialect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Scalar = str | int | float | bool
MAX_LEAVES = 64
MAX_DEPTH = 8


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
    """The field's value (for a list: one of its values) is one of `values`, type and all."""

    field: Field
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The field's value is a number (created_at: a time) within all bounds given; absent: false."""

    field: Field
    gte: float | datetime | None = None
    gt: float | datetime | None = None
    lte: float | datetime | None = None
    lt: float | datetime | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value: price is known, there is a category, the attribute is there."""

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


def matches(where: Filter, item: Filterable) -> bool:
    """Say whether the item obeys the filter: the one meaning every answer is kept to."""
    raise NotImplementedError


def check(where: Filter) -> None:
    """Raise InvalidFilter unless the tree is within MAX_LEAVES and MAX_DEPTH and well typed."""
    raise NotImplementedError


def item_ids(where: Filter) -> frozenset[str]:
    """Collect the ids that `item_id` leaves name, so that their keys can be looked up in one read."""
    raise NotImplementedError


def bound(where: Filter, keys: Mapping[str, int]) -> Filter:
    """Replace every `item_id` leaf by keys, ids without a key matching nothing."""
    raise NotImplementedError
