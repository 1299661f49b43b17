"""Items as JSON, coming in and going out.

Types are checked here; the rules of an item are `indexer.items.checked`'s alone, so that every way
in (HTTP, webhook, import) has the same.
"""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from app.api.fields import ItemId, Moment
from indexer.items import Item, StoredItem
from indexer.rules import MAX_CATEGORIES, MAX_CATEGORY, MAX_DESCRIPTION, MAX_TITLE

EXAMPLE: dict[str, Any] = {
    "item_id": "mug-1",
    "title": "Hand-thrown stoneware mug",
    "description": "A heavy mug with a speckled blue glaze that keeps coffee warm.",
    "image_url": "https://shop.example/mug-1.jpg",
    "categories": ["Kitchen", "Mugs"],
    "price": 18.5,
    "available": True,
    "created_at": "2026-05-04T09:30:00Z",
    "attributes": {"brand": "Tonwerk", "colours": ["blue", "white"], "litres": 0.35},
}
FIELDS_EXAMPLE = {name: value for name, value in EXAMPLE.items() if name != "item_id"}


# indexer.items holds these rules and tells them in its own words; here OpenAPI is told them.
Title = Annotated[StrictStr, Field(json_schema_extra={"maxLength": MAX_TITLE})]
Description = Annotated[StrictStr, Field(json_schema_extra={"maxLength": MAX_DESCRIPTION})]
Category = Annotated[
    StrictStr, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_CATEGORY})
]
Categories = Annotated[
    list[Category], Field(json_schema_extra={"maxItems": MAX_CATEGORIES, "uniqueItems": True})
]
Price = Annotated[float, Field(strict=True, json_schema_extra={"minimum": 0})]


class ItemFields(BaseModel):
    """What can be said of an item; at least a title, a description or an image_url."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [FIELDS_EXAMPLE]})

    title: Title | None = Field(None, description="At most 1,000 characters.")
    description: Description | None = Field(None, description="At most 100,000 characters.")
    image_url: StrictStr | None = Field(
        None, description="An http, https or data URL of a JPEG, PNG, WebP or GIF."
    )
    categories: Categories = Field(
        [], description="From general to special, none twice, each of at most 256 characters."
    )
    price: Price | None = Field(None, description="0 or more, in the shop's currency.")
    available: StrictBool = Field(default=True, description="Whether it can be had now.")
    created_at: Moment | None = Field(
        None, description="When it came into being; by default when it was first received."
    )
    attributes: dict[StrictStr, Any] = Field(
        {},
        description="Anything else, as a JSON object of at most 16,000 bytes. Strings, numbers, "
        "true, false, and lists of them, can be filtered on.",
    )

    def item(self, item_id: str) -> Item:
        """Make it an item of some id."""
        return Item(
            item_id=item_id,
            title=self.title,
            description=self.description,
            image_url=self.image_url,
            categories=tuple(self.categories),
            price=None if self.price is None else float(self.price),
            available=self.available,
            created_at=self.created_at,
            attributes=self.attributes,
        )


class ItemReplacement(ItemFields):
    """All of an item but its id, which the path has."""

    item_id: ItemId | None = Field(None, description="If given, the path's.")


class ItemBody(ItemFields):
    """An item."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    item_id: ItemId


class ItemPatch(ItemFields):
    """The fields to replace; those left out stay. Null empties a field that can be empty."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"price": 15.0, "available": False}]}
    )

    def fields(self) -> dict[str, object]:
        """Return the fields that were named, as `Item` has them."""
        named = {name: getattr(self, name) for name in self.model_fields_set}
        if "categories" in named:
            named["categories"] = tuple(self.categories)
        if self.price is not None:
            named["price"] = float(self.price)
        return named


class ItemOut(BaseModel):
    """An item as the catalogue holds it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE,
                    "revision": 1,
                    "updated_at": "2026-05-04T09:30:00Z",
                    "received_at": "2026-05-04T09:30:00.040Z",
                    "searchable": True,
                }
            ]
        }
    )

    item_id: str
    title: str | None
    description: str | None
    image_url: str | None
    categories: list[str]
    price: float | None
    available: bool
    created_at: datetime | None
    attributes: dict[str, Any]
    revision: int = Field(description="Grows with every change of content.")
    updated_at: datetime = Field(description="When its newest write happened at its source.")
    received_at: datetime = Field(description="When that write arrived.")
    searchable: bool = Field(description="Whether the index holds the newest content.")

    @classmethod
    def of(cls, stored: StoredItem) -> Self:
        """Write a stored item."""
        item = stored.item
        return cls(
            item_id=item.item_id,
            title=item.title,
            description=item.description,
            image_url=item.image_url,
            categories=list(item.categories),
            price=item.price,
            available=item.available,
            created_at=item.created_at,
            attributes=dict(item.attributes or {}),
            revision=stored.revision,
            updated_at=stored.as_of,
            received_at=stored.received_at,
            searchable=stored.indexed_revision == stored.revision,
        )
