import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from indexer.errors import InvalidItem
from indexer.items import Item, StoredItem, checked, checked_id, patched

MUG = Item("mug", title="A blue mug")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
attributes = st.dictionaries(
    texts, st.recursive(scalars, lambda below: st.lists(below, max_size=3), max_leaves=5)
)


@given(
    title=texts,
    categories=st.lists(texts, unique=True, max_size=5),
    price=st.none() | st.floats(0, 1e9),
    attributes=attributes,
)
def test_what_obeys_the_rules_comes_back_as_it_was(
    title: str, categories: list[str], price: float | None, attributes: dict[str, object]
) -> None:
    item = Item(
        "mug",
        title=f"x{title}",
        categories=tuple(categories),
        price=price,
        created_at=NOON,
        attributes=attributes,
    )

    assert checked(item) == item


@given(st.text(max_size=140).filter(lambda text: text.isprintable()))
def test_a_checked_id_is_in_normal_form_and_stays_so(text: str) -> None:
    try:
        held = checked_id("user_id", text)
    except InvalidItem:
        reject()

    assert held == unicodedata.normalize("NFC", text)
    assert checked_id("user_id", held) == held


def test_an_id_is_composed() -> None:
    assert checked_id("item_id", "cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize(
    "wrong", ["", ".", "..", "a/b", "a\nb", "a\x00b", "\ud800", "x" * 129, "x" * 100_000]
)
def test_an_id_that_breaks_a_rule_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidItem, match=r'^item_id is .*must be 1 to 128 printable.*without "/"'):
        checked_id("item_id", wrong)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": None}, "no title, description or image_url"),
        ({"title": " \n"}, "no title, description or image_url"),
        ({"title": "x" * 1_001}, "^title is .*at most 1,000 characters"),
        ({"title": 7}, "^title is 7, but must be text"),
        ({"title": "nul \x00"}, "^title is .*free of NUL"),
        ({"description": "\udfff"}, "^description is .*lone surrogates"),
        ({"description": "x" * 100_001}, "^description is .*at most 100,000 characters"),
        ({"image_url": "ftp://host/picture"}, "^image_url is .*http, https or data URL"),
        ({"image_url": "https://"}, "^image_url is"),
        ({"image_url": "http://[::1"}, "^image_url is"),
        ({"image_url": "http://host/with space"}, "^image_url is"),
        ({"image_url": "data:nothing"}, "^image_url is"),
        ({"image_url": "https://host/" + "x" * 9_000}, "^image_url is"),
        ({"categories": "shoes"}, "^categories is .*a list of at most 64"),
        ({"categories": tuple(map(str, range(65)))}, "^categories is"),
        ({"categories": ("a", "")}, r"^categories\[1\] is ''"),
        ({"categories": ("a", "a")}, "^categories is .*free of repeats"),
        ({"price": -1}, "^price is -1, but must be a finite number of 0 or more"),
        ({"price": float("nan")}, "^price is nan"),
        ({"price": float("inf")}, "^price is inf"),
        ({"price": 10**400}, "^price is .*beyond 1e308"),
        ({"price": True}, "^price is True"),
        ({"available": "yes"}, "^available is 'yes', but must be true or false"),
        ({"created_at": datetime(2026, 1, 1)}, "^created_at is .*offset"),  # noqa: DTZ001 - the point
        (
            {"created_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))},
            "^created_at is .*years 1 to 9999",
        ),
        ({"attributes": ["a"]}, "^attributes is .*a JSON object"),
        ({"attributes": {"a": {"b": float("nan")}}}, r"^attributes\.a\.b is nan"),
        ({"attributes": {"a": ["\x00"]}}, r"^attributes\.a is .*free of NUL"),
        ({"attributes": {"\ud800": 1}}, "^attributes is .*lone surrogates"),
        ({"attributes": {"a": 2**63}}, r"^attributes\.a is .*within 64 bits"),
        ({"attributes": {"a": b"bytes"}}, r"^attributes\.a is b'bytes', but must be a JSON value"),
        ({"attributes": {1: "a"}}, "^attributes is 1, .*names are text"),
        ({"attributes": {"a": "x" * 16_000}}, "^attributes is .*at most 16,000 bytes"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_with_its_value_and_the_rule(
    change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidItem, match=problem) as raised:
        checked(replace(MUG, **change))

    assert len(str(raised.value)) < 300


def test_attributes_may_not_be_deep_enough_to_break_a_reader() -> None:
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"a": deep}

    with pytest.raises(InvalidItem, match="nested at most 32 deep"):
        checked(replace(MUG, attributes=deep))
    while deep:  # taken apart here: Python's own way of freeing it is recursive
        deep = deep["a"]  # type: ignore[assignment] # made so above


@pytest.mark.parametrize(
    "address",
    ["http://host", "https://user@host:8080/a?b=c#d", "data:image/png;base64,AAAA", "DATA:,x"],
)
def test_an_image_may_be_anywhere_on_the_web_or_in_the_address_itself(address: str) -> None:
    item = Item("mug", image_url=address)

    assert checked(item).image_url == address


def test_times_are_brought_to_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=9)))

    item = checked(replace(MUG, created_at=there))

    assert item.created_at is not None
    assert item.created_at.isoformat() == "2026-01-01T12:00:00+00:00"


def test_a_patch_replaces_what_it_names() -> None:
    item = patched(replace(MUG, price=3.0), {"title": "A red mug", "categories": ["mugs"]})

    assert item == replace(MUG, title="A red mug", price=3.0, categories=("mugs",), attributes={})


def test_a_patch_of_an_unknown_field_names_the_nearest() -> None:
    with pytest.raises(InvalidItem, match="no field 'prise' to change; did you mean 'price'"):
        patched(MUG, {"prise": 3})
    with pytest.raises(InvalidItem, match="no field 'item_id' to change; fields are title"):
        patched(MUG, {"item_id": "cup"})


def test_a_patch_that_leaves_nothing_to_embed_is_refused() -> None:
    with pytest.raises(InvalidItem, match="no title, description or image_url"):
        patched(MUG, {"title": None})


def test_filters_see_scalars_and_lists_of_scalars() -> None:
    item = replace(
        MUG,
        created_at=NOON,
        attributes={"a": 1, "b": ["x", True], "c": None, "d": {"e": 1}, "f": [[1]], "g": "y"},
    )

    seen = StoredItem(7, 1, item, NOON, NOON, None, None, None, None).filterable

    assert seen.key == 7
    assert seen.attributes == {"a": 1, "b": ["x", True], "g": "y"}
