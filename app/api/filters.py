"""The JSON form of a filter, and the filters that query parameters stand for.

A node is one of

    {"all": [node, …]}    {"any": [node, …]}    {"not": node}
    {"field": f, "equals": value}         {"field": f, "in": [value, …]}
    {"field": f, "gte": x, "lt": y}       any of gte, gt, lte, lt
    {"field": f, "exists": true}          or false

where f is item_id, categories, price, available, created_at, or attributes.NAME.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, TypeAdapter, ValidationError, WithJsonSchema

from app.api.field_errors import shown
from app.api.fields import ItemId, Moment
from indexer.errors import InvalidFilter
from indexer.filters import (
    EVERYTHING,
    All,
    AnyOf,
    Attribute,
    Exists,
    Field,
    Filter,
    In,
    Not,
    Range,
    Scalar,
    check,
    equals,
)

T = TypeVar("T")

FIELDS = ("item_id", "categories", "price", "available", "created_at")
BOUNDS = ("gte", "gt", "lte", "lt")
ATTRIBUTES = "attributes."

MAX_NUMBER = 40
"""Characters a number is written in; what items can hold is shorter."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
"""A number as JSON writes it: 007 and 1_000 are texts alone."""

_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
_ITEM_ID: TypeAdapter[str] = TypeAdapter(ItemId)


class FilterError(ValueError):
    """The JSON is not a filter; the message begins with the path to the part that is not."""


def filter_from(tree: object, *, root: str = "filter") -> Filter:
    """Read a filter and check it whole.

    Args:
        tree: What JSON became in Python.
        root: What errors call the tree.

    Raises:
        FilterError: The message names the path, the value and the rule.
    """
    where = _node(tree, root)
    try:
        check(where)
    except InvalidFilter as error:
        raise FilterError(str(error)) from error
    return where


def every(*parts: Filter | None) -> Filter:
    """Combine filters; those that are None or ask for nothing are left out."""
    asked = tuple(part for part in parts if part is not None and part != EVERYTHING)
    return asked[0] if len(asked) == 1 else All(asked)


def simple(
    *,
    categories: tuple[str, ...] = (),
    price_min: float | None = None,
    price_max: float | None = None,
    available: bool | None = None,
    attributes: Mapping[str, Sequence[str]] | None = None,
) -> Filter:
    """Write the filter that simple parameters stand for: one of the categories, and the rest.

    Args:
        categories: Of which an item has one; empty for all.
        price_min: Least known price.
        price_max: Largest known price.
        available: Whether it can be had; None for either.
        attributes: Name to values as written in a URL, of which an item has one.

    Raises:
        FilterError: An attribute cannot be asked for so; the message names it.
    """
    priced = price_min is not None or price_max is not None
    return every(
        In("categories", categories) if categories else None,
        Range("price", gte=price_min, lte=price_max) if priced else None,
        equals("available", available) if available is not None else None,
        *(_written(name, values) for name, values in (attributes or {}).items()),
    )


def _written(name: str, values: Sequence[str]) -> Filter:
    path = f"attribute.{name[:80]}"
    meant = written_values([_text(value, path) for value in values])
    return In(Attribute(_text(name, path)), tuple(meant))


def written_values(values: Sequence[str]) -> list[Scalar]:
    """Return all that values in a URL may mean, for an `in` of a tree."""
    return [meaning for value in values for meaning in _meanings(value)]


def _meanings(text: str) -> Iterable[Scalar]:
    """Yield the values written so: a URL tells neither 4 from "4" nor true from "true"."""
    yield text
    if text in {"true", "false"}:
        yield text == "true"
    elif _NUMBER.fullmatch(text) and len(text) <= MAX_NUMBER and math.isfinite(float(text)):
        yield json.loads(text)


def _node(node: object, path: str) -> Filter:
    if not isinstance(node, Mapping):
        raise FilterError(f"{path} is {shown(node)}: a filter is an object")
    if "field" in node:
        return _leaf(node, path)
    groups: dict[str, Callable[[object, str], Filter]] = {"all": _all, "any": _any, "not": _not}
    if len(node) == 1:
        (name,) = node
        if name in groups:
            return groups[name](node[name], f"{path}.{name}")
    raise FilterError(
        f"{path} has {_listed(node)}: it takes exactly one of all, any and not, or a field with a "
        "condition"
    )


def _all(parts: object, path: str) -> Filter:
    return All(_nodes(parts, path))


def _any(parts: object, path: str) -> Filter:
    return AnyOf(_nodes(parts, path))


def _not(part: object, path: str) -> Filter:
    return Not(_node(part, path))


def _nodes(parts: object, path: str) -> tuple[Filter, ...]:
    if not isinstance(parts, list):
        raise FilterError(f"{path} is {shown(parts)}: it takes a list of filters")
    return tuple(_node(part, f"{path}.{number}") for number, part in enumerate(parts))


def _leaf(node: Mapping[str, object], path: str) -> Filter:
    field = field_from(node["field"], f"{path}.field")
    conditions = {name: value for name, value in node.items() if name != "field"}
    match list(conditions):
        case ["equals"]:
            return In(field, (_scalar(field, conditions["equals"], f"{path}.equals"),))
        case ["in"]:
            values = conditions["in"]
            if not isinstance(values, list) or not values:
                raise FilterError(f"{path}.in is {shown(values)}: it takes a list of values")
            return In(
                field,
                tuple(_scalar(field, each, f"{path}.in.{n}") for n, each in enumerate(values)),
            )
        case ["exists"]:
            wanted = conditions["exists"]
            if not isinstance(wanted, bool):
                raise FilterError(f"{path}.exists is {shown(wanted)}: it takes true or false")
            return Exists(field) if wanted else Not(Exists(field))
        case [_, *_] if set(conditions) <= set(BOUNDS):
            return Range(
                field,
                **{name: _bound(field, x, f"{path}.{name}") for name, x in conditions.items()},
            )
    raise FilterError(
        f"{path} has the conditions {_listed(conditions)}: it takes equals, in, exists, or bounds "
        "out of gte, gt, lte and lt"
    )


def field_from(name: object, path: str) -> Field:
    """Read the name of a field.

    Raises:
        FilterError: There is no such field; the message begins with `path`.
    """
    if isinstance(name, str):
        if name in FIELDS:
            return name
        if name.startswith(ATTRIBUTES) and len(name) > len(ATTRIBUTES):
            return Attribute(_text(name.removeprefix(ATTRIBUTES), path))
    raise FilterError(
        f"{path} is {shown(name)}: fields are {', '.join(FIELDS)} and {ATTRIBUTES}NAME"
    )


def _scalar(field: Field, value: object, path: str) -> Scalar:
    if field == "item_id":
        return _adapted(_ITEM_ID, value, path)
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, bool | int | float):
        return value
    raise FilterError(f"{path} is {shown(value)}: values are strings, numbers, true and false")


def _text(value: str, path: str) -> str:
    if "\0" in value:
        raise FilterError(f"{path} holds the character NUL, which no item can")
    return value


def _bound(field: Field, value: object, path: str) -> float | datetime:
    if field == "created_at":
        return _adapted(_MOMENT, value, path)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise FilterError(f"{path} is {shown(value)}: a bound is a number")


def _listed(names: Iterable[str]) -> str:
    return shown(", ".join(names)).strip("'") or "nothing"


def _adapted(adapter: TypeAdapter[T], value: object, path: str) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise FilterError(f"{path} is {shown(value)}: {message}") from error


_SCHEMA: dict[str, object] = {
    "type": "object",
    "description": (
        'A tree: `{"all": [node, …]}`, `{"any": [node, …]}`, `{"not": node}`, or a field with a '
        "condition. Fields are `item_id`, `categories`, `price`, `available`, `created_at` and "
        "`attributes.NAME`; conditions are `equals`, `in`, `exists`, or bounds out of `gte`, `gt`, "
        "`lte` and `lt`. A list (categories, or an attribute) fulfils `equals` and `in` when one "
        "of its values does. At most 64 conditions, 8 levels deep."
    ),
    "examples": [
        {
            "all": [
                {"field": "categories", "equals": "Kitchen"},
                {"field": "price", "gte": 5, "lt": 20},
                {"not": {"field": "attributes.brand", "in": ["Acme", "Umbrella"]}},
            ]
        }
    ],
}


def _checked(tree: dict[str, Any]) -> dict[str, Any]:
    filter_from(tree)
    return tree


FilterTree = Annotated[dict[str, Any], AfterValidator(_checked), WithJsonSchema(_SCHEMA)]
"""A filter in a pydantic model, kept as the JSON it came as, which `filter_from` reads."""
