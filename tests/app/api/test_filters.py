import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.filters import FilterError, every, filter_from, simple
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
    check,
    equals,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
NUMBERS = st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9)
ATTRIBUTES = st.builds(Attribute, TEXTS)
BOUNDS = ("gte", "gt", "lte", "lt")

LEAVES: st.SearchStrategy[Filter] = st.one_of(
    st.builds(lambda value: equals("available", value), st.booleans()),
    st.builds(lambda names: In("categories", tuple(names)), st.lists(TEXTS, min_size=1)),
    st.builds(
        lambda field, values: In(field, tuple(values)),
        ATTRIBUTES,
        st.lists(TEXTS | NUMBERS | st.booleans(), min_size=1, max_size=3),
    ),
    st.builds(
        lambda field, bounds: Range(field, **bounds),
        st.just("price") | ATTRIBUTES,
        st.dictionaries(st.sampled_from(BOUNDS), NUMBERS, min_size=1),
    ),
    st.builds(Exists, st.sampled_from(("price", "categories")) | ATTRIBUTES),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: All(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: AnyOf(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        # "exists: false" reads as Not(Exists), so Not is built over groups alone.
        st.builds(lambda parts: Not(All(tuple(parts))), st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=6,
)


def named(field: Field) -> str:
    return f"attributes.{field.name}" if isinstance(field, Attribute) else field


def as_json(where: Filter) -> dict[str, object]:
    match where:
        case All(parts):
            return {"all": [as_json(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [as_json(part) for part in parts]}
        case Not(part):
            return {"not": as_json(part)}
        case In(field, (value,)):
            return {"field": named(field), "equals": value}
        case In(field, values):
            return {"field": named(field), "in": list(values)}
        case Range(field):
            bounds = {name: getattr(where, name) for name in BOUNDS}
            given = {name: bound for name, bound in bounds.items() if bound is not None}
            return {"field": named(field), **given}
        case Exists(field):
            return {"field": named(field), "exists": True}
    raise AssertionError(where)


@given(TREES)
def test_a_filter_is_read_as_it_was_written(where: Filter) -> None:
    assert filter_from(json.loads(json.dumps(as_json(where)))) == where


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("all", "any", "not", "field", "equals", "in", "gte", "exists", "x")),
            inner | st.sampled_from(("price", "categories", "attributes.a", "created_at")),
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_whatever_comes_is_a_filter_or_refused(tree: object) -> None:
    try:
        where = filter_from(tree)
    except FilterError:
        return

    check(where)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ([], "filter is list of 0"),
        ({}, "nothing"),
        ({"all": [], "any": []}, "exactly one of all, any and not"),
        ({"all": {}}, "filter.all is dict of 0: it takes a list"),
        ({"not": 5}, "filter.not is 5"),
        ({"any": [{"field": "colour", "equals": 1}]}, "filter.any.0.field is 'colour'"),
        ({"field": "attributes.", "exists": True}, "attributes.NAME"),
        ({"field": ["price"], "exists": True}, "filter.field is list of 1"),
        ({"field": "price"}, "conditions nothing"),
        ({"field": "price", "equals": 1, "gte": 0}, "conditions equals, gte"),
        ({"field": "price", "near": 1}, "conditions near"),
        ({"field": "price", "gte": "1"}, "a bound is a number"),
        ({"field": "price", "gte": True}, "a bound is a number"),
        ({"field": "created_at", "lt": 5}, "RFC 3339"),
        ({"field": "created_at", "lt": "2026-05-04"}, "RFC 3339"),
        ({"field": "categories", "in": []}, "list of values"),
        ({"field": "categories", "equals": None}, "strings, numbers"),
        ({"field": "categories", "equals": "a\0"}, "NUL"),
        ({"field": "item_id", "equals": "a/b"}, "filter.equals is 'a/b'"),
        ({"field": "price", "exists": "yes"}, "true or false"),
        ({"field": "price", "equals": "cheap"}, "price"),
        ({"any": [{"field": "price", "gt": 1}] * 65}, "64"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_path(tree: object, told: str) -> None:
    with pytest.raises(FilterError) as raised:
        filter_from(tree)

    assert told in str(raised.value)


def test_a_filter_that_is_too_deep_is_refused() -> None:
    tree: dict[str, object] = {"field": "price", "gt": 1}
    for _ in range(9):
        tree = {"not": tree}

    with pytest.raises(FilterError, match="deep"):
        filter_from(tree)


def test_times_are_compared_in_utc() -> None:
    where = filter_from({"field": "created_at", "gte": "2026-05-04T09:30:00+02:00"})

    assert where == Range("created_at", gte=datetime(2026, 5, 4, 7, 30, tzinfo=UTC))


def test_simple_parameters_stand_for_filters() -> None:
    assert simple() == EVERYTHING
    assert simple(available=True) == equals("available", value=True)
    assert simple(categories=("A", "B"), price_max=5.0) == All(
        (In("categories", ("A", "B")), Range("price", lte=5.0))
    )


def test_combining_leaves_out_what_asks_for_nothing() -> None:
    part = Exists("price")

    assert every() == EVERYTHING
    assert every(None, EVERYTHING, part) == part
    assert every(part, part) == All((part, part))
