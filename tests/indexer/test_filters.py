"""What a filter means, and which are refused."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings

from indexer.errors import InvalidFilter
from indexer.filters import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_LEAVES,
    MAX_VALUES,
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
    Scalar,
    bound,
    check,
    equals,
    item_ids,
)
from indexer.meaning import matches
from indexer.normal_form import negation_normal
from tests.indexer.hostile import filters, items
from tests.indexer.stores import NOON, item

NAIVE = datetime(2024, 1, 1)  # noqa: DTZ001 - what the check is there to refuse


def colored(value: object) -> Filterable:
    return item(1, attributes={"color": value})


@pytest.mark.parametrize(
    ("held", "asked", "equal"),
    [
        ("red", "red", True),
        ("red", "Red", False),
        ("é", "e\u0301", False),
        (1, 1, True),
        (1, 1.0, True),
        (1.0, 1, True),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        (False, 0, False),
        (1, "1", False),
        ("1", 1, False),
        ("True", True, False),
        (2**53 + 1, 2**53 + 1, True),
        (2**53 + 1, 2.0**53, False),
        (0.0, -0.0, True),
        (["red", "blue"], "blue", True),
        ([1, "1"], True, False),
        ([], "red", False),
        ([["red"]], "red", False),
        (None, "None", False),
        ({"red": "red"}, "red", False),
    ],
)
def test_equality_is_of_type_and_value(held: object, asked: Scalar, *, equal: bool) -> None:
    where = equals(Attribute("color"), asked)

    assert matches(where, colored(held)) is equal
    assert matches(Not(where), colored(held)) is not equal


def test_a_list_field_equals_what_any_of_its_members_equals() -> None:
    shoes = item(1, categories=("clothing", "shoes"))

    assert matches(In("categories", ("shoes", "hats")), shoes)
    assert not matches(In("categories", ("hats",)), shoes)
    assert not matches(In("categories", ()), shoes)
    assert matches(Not(In("categories", ("hats",))), item(1))


def test_a_range_holds_within_all_its_bounds() -> None:
    ten = item(1, price=10)

    assert matches(Range("price", gte=10, lte=10), ten)
    assert not matches(Range("price", gt=10), ten)
    assert not matches(Range("price", lt=10), ten)
    assert matches(Range("price", gt=9, lt=10.5), ten)


@pytest.mark.parametrize("value", [None, "10", True, [10], {"n": 10}])
def test_no_range_holds_of_what_is_no_number(value: object) -> None:
    where = Range(Attribute("color"), gte=-math.inf)

    assert not matches(where, colored(value))
    assert matches(Not(where), colored(value))


def test_an_unknown_price_is_in_no_range_and_equals_nothing() -> None:
    unknown = item(1, price=None)

    assert not matches(Range("price", gte=0), unknown)
    assert not matches(equals("price", 0), unknown)
    assert not matches(Exists("price"), unknown)
    assert matches(Not(Range("price", gte=0)), unknown)


def test_times_compare_as_moments_whatever_their_offset() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))

    assert matches(Range("created_at", gte=elsewhere, lte=elsewhere), item(1))
    assert not matches(Range("created_at", gt=elsewhere), item(1))


@pytest.mark.parametrize(
    ("attributes", "there"),
    [
        ({}, False),
        ({"color": None}, False),
        ({"color": ""}, True),
        ({"color": False}, True),
        ({"color": []}, True),
        ({"color": {}}, True),
        ({"colour": "red"}, False),
    ],
)
def test_an_attribute_exists_when_it_is_there_and_not_null(
    attributes: Mapping[str, object], *, there: bool
) -> None:
    assert matches(Exists(Attribute("color")), item(1, attributes=attributes)) is there


def test_a_category_exists_when_there_is_one() -> None:
    assert matches(Exists("categories"), item(1, categories=("shoes",)))
    assert not matches(Exists("categories"), item(1))


def test_an_empty_all_is_always_true_and_an_empty_any_never() -> None:
    assert matches(EVERYTHING, item(1))
    assert not matches(AnyOf(()), item(1))


@settings(max_examples=150, derandomize=True, database=None)
@given(where=filters())
def test_pushing_negations_down_keeps_the_meaning(where: Filter) -> None:
    some = items(40, seed=3)

    normal = negation_normal(where)

    assert [matches(normal, each) for each in some] == [matches(where, each) for each in some]


@settings(max_examples=100, derandomize=True, database=None)
@given(where=filters())
def test_a_well_typed_tree_passes_the_check(where: Filter) -> None:
    check(where)


@pytest.mark.parametrize(
    ("where", "named"),
    [
        (equals("colour", "red"), "colour"),
        (Exists("vector"), "vector"),
        (equals("categories", 1), "categories"),
        (equals("item_id", 1), "item_id"),
        (equals("price", "10"), "price"),
        (equals("price", value=True), "price"),
        (equals("available", 1), "available"),
        (equals("available", "true"), "available"),
        (equals("created_at", "2024-01-01T00:00:00Z"), "range"),
        (equals("price", math.nan), "nan"),
        (equals(Attribute("n"), math.inf), "inf"),
        (Range("price"), "no bound"),
        (Range("price", gte=math.nan), "nan"),
        (Range("price", gte=NOON), "price"),
        (Range("price", gte=True), "True"),
        (Range("categories", gte=1), "categories"),
        (Range("available", gte=1), "available"),
        (Range("item_id", gte=1), "item_id"),
        (Range("created_at", gte=5), "5"),
        (Range("created_at", gte=NAIVE), "offset"),
        (Range(Attribute("n"), lt=NOON), "attribute 'n'"),
    ],
)
def test_a_filter_that_cannot_mean_anything_is_refused(where: Filter, named: str) -> None:
    with pytest.raises(InvalidFilter, match=named):
        check(Not(All((EVERYTHING, where))))


def test_a_tree_may_have_so_many_conditions_and_levels_and_values_and_no_more() -> None:
    leaf = Exists("price")
    deep: Filter = leaf
    for _ in range(MAX_DEPTH - 1):
        deep = Not(deep)
    numbers = tuple(range(MAX_VALUES))

    check(AnyOf((leaf,) * MAX_LEAVES))
    check(deep)
    check(In(Attribute("n"), numbers))

    for too_much, named in (
        (AnyOf((leaf,) * (MAX_LEAVES + 1)), "65 conditions"),
        (AnyOf((AnyOf(()),) * (MAX_LEAVES + 1)), "65 conditions"),
        (Not(deep), "8 levels"),
        (All((In(Attribute("n"), numbers), equals("price", 1))), "1001 values"),
    ):
        with pytest.raises(InvalidFilter, match=named):
            check(too_much)


def test_ids_are_collected_from_every_corner_and_become_keys() -> None:
    where = All((Not(In("item_id", ("a", "b"))), AnyOf((equals("item_id", "c"), Exists("price")))))

    names = item_ids(where)
    keyed = bound(where, {"a": 1, "c": 3})

    assert names == {"a", "b", "c"}
    assert keyed == All(
        (
            Not(KeyIn(frozenset({1}))),
            AnyOf((KeyIn(frozenset({3})), Exists("price"))),
        )
    )
    assert bound(Exists("item_id"), {}) == EVERYTHING


def test_a_bound_filter_means_what_it_meant() -> None:
    where = Not(In("item_id", ("item-1", "item-3", "gone")))
    keyed = bound(where, {"item-1": 1, "item-3": 3})

    answers = [(matches(where, item(key)), matches(keyed, item(key))) for key in (1, 2, 3)]

    assert answers == [(False, False), (True, True), (False, False)]


def test_the_epoch_is_a_time_like_any_other() -> None:
    born = item(1, created_at=datetime(1970, 1, 1, tzinfo=UTC))

    assert matches(Range("created_at", lt=NOON), born)


def test_every_field_can_be_asked_for() -> None:
    fields: list[Field] = ["item_id", "categories", "price", "available", "created_at"]

    check(AnyOf(tuple(Exists(field) for field in [*fields, Attribute("")])))
