"""How rows and filters are put to Milvus."""

import re
from datetime import UTC, datetime

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.dialect import LITE, SERVER, Dialect, expression, pushed
from indexer.encoding import (
    MAX_CATEGORIES,
    MAX_NUMBERS_BYTES,
    MAX_TOKENS,
    UNLISTED,
    encoded,
    stored,
    token,
)
from indexer.errors import StoreRejected
from indexer.filters import (
    EVERYTHING,
    MAX_LEAVES,
    All,
    AnyOf,
    Attribute,
    Exists,
    Filter,
    Filterable,
    In,
    KeyIn,
    Not,
    Range,
    equals,
)
from indexer.meaning import matches
from indexer.normal_form import negation_normal
from indexer.store import Row
from tests.indexer.hostile import SCALARS, filters, items
from tests.indexer.stores import NOON, array, item, row

BOTH = pytest.mark.parametrize("dialect", [LITE, SERVER], ids=["lite", "server"])
BOUNDED = settings(max_examples=150, derandomize=True, database=None)


@BOUNDED
@given(st.lists(st.text(st.characters(codec=None)), min_size=2, max_size=2, unique=True))
def test_encoding_uses_a_safe_alphabet_and_keeps_texts_apart(texts: list[str]) -> None:
    one, other = (encoded(text) for text in texts)

    assert re.fullmatch(r"[A-Za-z0-9_.~%-]*", one)
    assert one != other


@pytest.mark.parametrize("one", SCALARS, ids=repr)
def test_two_values_are_spelled_alike_exactly_when_a_filter_calls_them_equal(one: object) -> None:
    for other in SCALARS:
        equal = matches(equals(Attribute("a"), other), item(1, attributes={"a": one}))

        assert (token("a", one) == token("a", other)) is equal


def test_a_row_is_stored_without_a_character_of_its_owner() -> None:
    hostile = Filterable(
        key=7,
        item_id="o'neil\n",
        categories=('a "b"', "c"),
        price=None,
        available=True,
        created_at=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        attributes={'size"': 4, "colors": ["red", 1, None], "deep": {"a": 1}, "nothing": None},
    )

    fields = stored(Row(3, array(1, 2), hostile))

    vector = fields.pop("vector")
    assert np.array_equal(np.asarray(vector), [1, 2])
    assert fields == {
        "key": 7,
        "revision": 3,
        "item_id": "o%27neil%0A",
        "categories": ["!", "a%20%22b%22", "c"],
        "price": -1.0,
        "available": True,
        "created_at": 1_000_000,
        "tokens": ["colors", "colors=n1.0", "colors=sred", "deep", "size%22", "size%22=n4.0"],
        "numbers": {"=size%22": 4.0},
    }


def test_an_item_with_too_many_values_to_list_passes_every_condition_on_attributes() -> None:
    many = item(1, attributes={"n": list(range(MAX_TOKENS)), "other": 5})

    fields = stored(Row(1, array(1), many))

    assert fields["tokens"] == [UNLISTED]
    assert fields["numbers"] == {"=other": 5.0}
    for where in (equals(Attribute("n"), 3), Exists(Attribute("absent"))):
        assert f'"{UNLISTED}"' in str(expression(where, SERVER))
        assert f'"{UNLISTED}"' not in str(expression(Not(where), SERVER))


def test_a_long_name_is_not_multiplied_by_its_values() -> None:
    long = item(1, attributes={"n" * 8_000: list(range(1_000))})

    assert stored(Row(1, array(1), long))["tokens"] == [UNLISTED]


@pytest.mark.parametrize("name", [" ", "é", "日", "🦜", "\x01", '"'])
def test_the_numbers_of_the_largest_item_fit_into_milvus(name: str) -> None:
    attributes: dict[str, object] = {}
    written = 2
    for number in range(100_000):
        key = name * (1 + number % 3) + str(number)
        written += len(orjson.dumps({key: 1e15}))
        if written > 16_000:
            break
        attributes[key] = 1e15

    numbers = stored(Row(1, array(1), item(1, attributes=attributes)))["numbers"]

    assert len(orjson.dumps(numbers)) <= MAX_NUMBERS_BYTES


def test_a_row_over_a_limit_is_rejected_by_name() -> None:
    crowded = item(1, categories=tuple(str(n) for n in range(MAX_CATEGORIES + 1)))
    wordy = item(1, categories=("é" * 2_000,))
    heavy = item(1, attributes={f"{n:04}" * 10: n for n in range(2_000)})

    for broken, named in ((crowded, "categories"), (wordy, "category"), (heavy, "numeric")):
        with pytest.raises(StoreRejected, match=named):
            stored(row(1, 1, of=broken))


@BOTH
@BOUNDED
@given(where=filters())
def test_what_is_pushed_down_is_never_stronger(where: Filter, dialect: Dialect) -> None:
    some = items(60, seed=5)

    part = pushed(where, dialect)

    assert [each.key for each in some if matches(where, each) and not matches(part, each)] == []


@BOUNDED
@given(where=filters())
def test_an_expression_holds_nothing_but_our_words(where: Filter) -> None:
    said = expression(where, SERVER, exclude=[3, 4])

    literals = r'"[A-Za-z0-9_.~%=!?*-]*"'
    rest = re.sub(literals, "", said or "")
    assert re.fullmatch(r"[a-z_ ()\[\],<>=0-9.e+-]*", rest)


@BOTH
def test_what_an_engine_can_say_is_pushed_down_unchanged(dialect: Dialect) -> None:
    where = Not(
        AnyOf(
            (
                Range("price", gte=5),
                equals("available", value=False),
                Not(equals("categories", "shoes")),
                Not(Exists(Attribute("color"))),
                Exists("categories"),
                KeyIn(frozenset({1})),
                Range("created_at", lt=NOON),
            )
        )
    )

    assert pushed(where, dialect) is where


def test_lite_leaves_out_what_takes_a_not_and_the_server_does_not() -> None:
    sayable = Range("price", gte=5)
    others = (
        Not(equals("categories", "shoes")),
        Not(equals(Attribute("color"), "red")),
        Not(Exists(Attribute("color"))),
        Not(Range(Attribute("n"), gt=1)),
    )

    for other in others:
        assert pushed(All((sayable, other)), LITE) == All((sayable,))
        assert pushed(AnyOf((sayable, other)), LITE) == EVERYTHING
        assert pushed(All((sayable, other)), SERVER) == All((sayable, other))


@BOTH
def test_a_bound_that_no_double_holds_is_left_out(dialect: Dialect) -> None:
    assert pushed(Range(Attribute("n"), gte=2**53 + 1), dialect) == EVERYTHING
    assert pushed(Range("price", lt=10**400), dialect) == EVERYTHING


def test_an_id_that_was_not_turned_into_a_key_is_left_out() -> None:
    assert pushed(equals("item_id", "x"), SERVER) == EVERYTHING


def test_what_is_known_beforehand_is_not_asked() -> None:
    assert expression(EVERYTHING, LITE) == ""
    assert expression(AnyOf(()), LITE) is None
    assert expression(KeyIn(frozenset()), LITE) is None
    assert expression(Not(KeyIn(frozenset())), LITE) == ""
    assert expression(In("price", (-1, 10**400)), LITE) is None
    assert expression(In("available", (True, False)), LITE) == ""
    assert expression(equals("created_at", 0), LITE) is None
    assert expression(Range("categories", gt=1), LITE) is None
    assert expression(Range("price", gt=NOON), LITE) is None


def test_the_largest_tree_is_not_nested_deeply() -> None:
    where = AnyOf(tuple(Not(Range("price", gte=n, lt=n + 1)) for n in range(MAX_LEAVES)))

    said = expression(where, LITE)

    assert said is not None
    depth = np.cumsum([(char == "(") - (char == ")") for char in said])
    assert depth.max() <= 8


@BOUNDED
@given(where=filters())
def test_pushing_down_the_normal_form_changes_nothing(where: Filter) -> None:
    assert expression(negation_normal(where), LITE) == expression(where, LITE)
