import re
from collections.abc import Mapping

import pytest

from app.formats.columns import Columns, Reading
from app.formats.errors import ColumnsUnclear
from app.formats.names import Kind, guessed, plain
from app.formats.rows import BadRowError

NOTHING: Mapping[str, str] = {}


def columns(
    *names: str,
    kind: Kind = "items",
    mapping: Mapping[str, str] = NOTHING,
    constants: Mapping[str, str] = NOTHING,
) -> Columns:
    return Columns(names, kind, Reading(mapping, constants))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Product ID", "product_id"),
        ("productDisplayName", "product_display_name"),
        ("CustomerID", "customer_id"),
        ("userId", "user_id"),
        ("g:image_link", "image_link"),
        ("Preis (EUR)", "preis"),
        ("image link", "image_link"),
        ("SKU", "sku"),
        ("InvoiceDate", "invoice_date"),
    ],
)
def test_names_are_compared_without_their_dress(name: str, written: str) -> None:
    assert plain(name) == written


@pytest.mark.parametrize(
    ("names", "kind", "found"),
    [
        (
            "id title description image_link product_type price availability brand gtin link",
            "items",
            "item_id title description image_url categories price available "
            "attributes.brand attributes.gtin -",
        ),
        ("Handle SKU Title Vendor", "items", "- item_id title attributes.vendor"),
        (
            "id gender masterCategory articleType productDisplayName",
            "items",
            "item_id attributes.gender - - title",
        ),
        (
            "InvoiceNo StockCode Quantity InvoiceDate CustomerID",
            "interactions",
            "- item_id value timestamp user_id",
        ),
        (
            "event_time event_type product_id user_id user_session",
            "interactions",
            "timestamp type item_id user_id session_id",
        ),
        ("timestamp visitorid event itemid", "interactions", "timestamp - type -"),
    ],
)
def test_obvious_names_are_guessed(names: str, kind: Kind, found: str) -> None:
    guess = guessed(names.split(), kind)

    assert [guess.get(name, "-") for name in names.split()] == found.split()


def test_what_is_mapped_goes_before_what_is_guessed() -> None:
    reading = columns("id", "name", "label", mapping={"label": "title", "name": ""})

    assert reading.read({"id": "a", "name": "x", "label": "y"}) == {"item_id": "a", "title": "y"}


def test_columns_are_mapped_to_attributes_with_a_type() -> None:
    reading = columns(
        "id",
        "litres",
        "new",
        "tags",
        "colour",
        mapping={
            "litres": "attributes.litres:number",
            "new": "attributes.new:flag",
            "tags": "attributes.tags:list",
        },
    )

    row = reading.read({"id": "a", "litres": "0,35", "new": "yes", "tags": "a|b", "colour": "red"})

    assert row == {
        "item_id": "a",
        "attributes": {"litres": 0.35, "new": True, "tags": ["a", "b"], "colour": "red"},
    }


def test_several_columns_of_categories_come_one_after_the_other() -> None:
    reading = columns("id", "master", "sub", mapping={"master": "categories", "sub": "categories"})

    assert reading.read({"id": "a", "master": "Home > A", "sub": "A|B"})["categories"] == [
        "Home",
        "A",
        "B",
    ]


def test_what_is_set_fills_in_where_rows_say_nothing() -> None:
    reading = columns(
        "user", "item", "event", "time", kind="interactions", constants={"type": "purchase"}
    )
    row = {"user": "ada", "item": "a", "time": "2026-01-01"}

    assert reading.read({**row, "event": ""})["type"] == "purchase"
    assert reading.read({**row, "event": "add_to_cart"})["type"] == "cart"


def test_stars_without_a_type_are_ratings() -> None:
    reading = columns("userId", "movieId", "rating", "timestamp", kind="interactions")

    row = reading.read({"userId": "1", "movieId": "31", "rating": "2.5", "timestamp": "1260759144"})

    assert (row["type"], row["value"]) == ("rating", 2.5)
    assert any("each row is a rating" in note for note in reading.notes)


def test_all_cells_that_mean_nothing_are_told_of_with_their_columns() -> None:
    reading = columns("id", "Preis", "stock")

    with pytest.raises(BadRowError, match=r"price.*'Preis'.*; available.*'stock'"):
        reading.read({"id": "a", "Preis": "cheap", "stock": "some"})


@pytest.mark.parametrize(
    ("mapping", "constants", "reason"),
    [
        ({"nam": "title"}, NOTHING, "names a column 'nam', did you mean 'name'?"),
        ({"name": "titel"}, NOTHING, "no field 'titel', did you mean 'title'?"),
        ({"name": "title", "label": "title"}, NOTHING, "two columns are mapped to title"),
        ({"name": "attributes."}, NOTHING, "no field 'attributes.'"),
        ({"id": ""}, NOTHING, "no column could be told to be item_id"),
        (NOTHING, {"colour": "red"}, "no field 'colour'"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    mapping: Mapping[str, str], constants: Mapping[str, str], reason: str
) -> None:
    with pytest.raises(ColumnsUnclear, match=re.escape(reason)):
        columns("id", "name", "label", mapping=mapping, constants=constants)


def test_interactions_without_a_type_say_how_to_give_one() -> None:
    with pytest.raises(ColumnsUnclear, match="--set type=purchase"):
        columns("user", "item", "time", kind="interactions")
