"""What other people call our fields: the guess at a table's columns."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

Kind = Literal["items", "interactions"]

# Each field's names, best first: of two columns that could be one field, the better named one is.
_ITEMS: Mapping[str, str] = {
    "item_id": "item_id id sku product_id article_id item variant_id product_code article_number "
    "item_number artikelnummer artikelnr stock_code handle asin",
    "title": "title name product_name product_title product_display_name item_name item_title "
    "titel bezeichnung produktname",
    "description": "description body_html body long_description product_description details "
    "short_description summary beschreibung",
    "image_url": "image_url image image_link image_src picture_url picture img img_url photo "
    "photo_url main_image images image_urls thumbnail thumbnail_url bild bild_url",
    "categories": "categories category category_path product_type category_name breadcrumb "
    "breadcrumbs google_product_category taxonomy kategorie kategorien",
    "price": "price unit_price regular_price list_price price_eur price_usd preis",
    "available": "available availability in_stock instock is_available is_in_stock stock_status "
    "stock quantity qty verfuegbar verfügbar lagerbestand",
    "created_at": "created_at created date_created creation_date date_added added_at published_at "
    "pub_date published erstellt_am",
    "attributes": "attributes",
}
_INTERACTIONS: Mapping[str, str] = {
    "user_id": "user_id user customer_id customer visitor_id visitor account_id member_id "
    "client_id person_id person buyer_id uid kunde kunden_id kundennummer",
    "item_id": "item_id item product_id product sku article_id article stock_code variant_id "
    "movie_id track_id book_id asin artikelnummer",
    "type": "type event event_type event_name action interaction_type interaction kind activity "
    "behavior behaviour",
    "value": "value rating stars score quantity qty amount duration menge",
    "timestamp": "timestamp time datetime date event_time occurred_at happened_at created_at ts "
    "invoice_date order_date purchased_at zeitpunkt zeit datum",
    "session_id": "session_id session user_session",
    "interaction_id": "interaction_id event_id id",
    "recommendation_id": "recommendation_id",
}
FIELDS: Mapping[Kind, tuple[str, ...]] = {
    "items": tuple(_ITEMS),
    "interactions": tuple(_INTERACTIONS),
}
_NAMES: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "items": {field: tuple(names.split()) for field, names in _ITEMS.items()},
    "interactions": {field: tuple(names.split()) for field, names in _INTERACTIONS.items()},
}
# What shops filter by. Other columns stay out unless asked for: a table may hold what a shop paid.
_ATTRIBUTES = (
    " brand colour color size gender material condition vendor gtin ean mpn age_group season usage "
    "manufacturer marke hersteller farbe groesse größe item_group_id pattern "
)
STARS = frozenset({"rating", "stars"})
"""Names of values that are ratings, where no column tells the kind."""


def plain(name: str) -> str:
    """Write a column's name the way names are compared: "g:imageLink (EUR)" is "image_link"."""
    bare = re.sub(r"\(.*?\)|\[.*?\]", "", name)
    bare = re.sub(r"^[a-z]{1,3}:", "", bare.strip())
    apart = re.sub(r"([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])", r"\1\3_\2", bare)
    return re.sub(r"[\W_]+", "_", apart).strip("_").lower()


def guessed(columns: Iterable[str], kind: Kind, taken: Iterable[str] = ()) -> dict[str, str]:
    """Guess which column is which field.

    Args:
        columns: Those nobody has spoken of.
        kind: Of the rows.
        taken: Fields that have their column already.

    Returns:
        Column to field, for those whose names say it; no field has two columns.
    """
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(plain(column), column)
    found: dict[str, str] = {}
    for field, names in _NAMES[kind].items():
        best = next((by_name[name] for name in names if name in by_name), None)
        if field not in taken and best is not None and best not in found:
            found[best] = field
    if kind == "items":
        for column in columns:
            if column.startswith("attributes."):
                found[column] = column
            elif f" {plain(column)} " in _ATTRIBUTES and column not in found:
                found[column] = f"attributes.{plain(column)}"
    return {
        column: field
        for column, field in found.items()
        if field not in taken or field == "categories"
    }
