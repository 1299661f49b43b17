"""What a filter means: whether an item obeys it, in Python.

Every answer is kept to this, whatever an engine made of the filter.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from indexer.filters import (
    All,
    AnyOf,
    Attribute,
    Exists,
    Field,
    Filter,
    Filterable,
    In,
    KeyIn,
    Not,
    Range,
    bounds,
)
from indexer.kinds import Typed, typed

Holds = Callable[[Filterable], bool]
"""Says whether an item obeys a filter."""


def matches(where: Filter, item: Filterable) -> bool:
    """Say whether the item obeys the filter: the one meaning every answer is kept to."""
    return meaning(where)(item)


def meaning(where: Filter) -> Holds:
    """Return what says whether an item obeys the filter, as `matches` does; for many items."""
    match where:
        case All() | AnyOf() | Not():
            return _group(where)
        case KeyIn(keys):
            return lambda item: item.key in keys
        case In(field, values):
            return _member(_reader(field), frozenset(map(typed, values)) - {None})
        case Range(field):
            read = _reader(field)
            return lambda item: _within(where, read(item))
        case Exists(field):
            there = _reader(field)
            return lambda item: there(item) is not None


def _group(where: All | AnyOf | Not) -> Holds:
    match where:
        case All((part,)) | AnyOf((part,)):
            return meaning(part)
        case All(parts):
            every = tuple(map(meaning, parts))
            return lambda item: all(holds(item) for holds in every)
        case AnyOf(parts):
            some = tuple(map(meaning, parts))
            return lambda item: any(holds(item) for holds in some)
        case Not(part):
            held = meaning(part)
            return lambda item: not held(item)


def _member(read: Callable[[Filterable], object], wanted: frozenset[Typed | None]) -> Holds:
    def holds(item: Filterable) -> bool:
        value = read(item)
        if isinstance(value, list | tuple):
            return any(typed(each) in wanted for each in value)
        return typed(value) in wanted

    return holds


def _reader(field: Field) -> Callable[[Filterable], object]:
    if isinstance(field, Attribute):
        name = field.name
        return lambda item: item.attributes.get(name)
    return _READ[field]


def _within(where: Range, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | datetime):
        return False
    return all(
        isinstance(value, datetime) is isinstance(bound, datetime) and holds(value, bound)
        for holds, bound in bounds(where)
    )


_READ: Mapping[str, Callable[[Filterable], object]] = {
    "item_id": lambda item: item.item_id,
    "categories": lambda item: item.categories or None,
    "price": lambda item: item.price,
    "available": lambda item: item.available,
    "created_at": lambda item: item.created_at,
}
