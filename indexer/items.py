"""An item as the shop describes it, and as the catalogue holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Literal

from indexer import rules
from indexer.errors import InvalidItem
from indexer.filters import Filterable


@dataclass(frozen=True, slots=True)
class Item:
    """What the shop says of an item; `indexer.items.checked` holds it to the rules.

    Attributes:
        item_id: 1 to 128 printable characters, NFC, no "/", not "." or "..".
        title: At most 1,000 characters, or None.
        description: At most 100,000 characters, or None.
        image_url: http, https or data URL, or None.
        categories: At most 64 names of 1 to 256 characters, from general to special, no repeats.
        price: 0 or more in the shop's currency, or None.
        available: Whether it can be had now.
        created_at: With an offset; None means when it was first received.
        attributes: A JSON object, at most 16,000 bytes as JSON; strings without NUL.
    """

    item_id: str
    title: str | None = None
    description: str | None = None
    image_url: str | None = None
    categories: tuple[str, ...] = ()
    price: float | None = None
    available: bool = True
    created_at: datetime | None = None
    attributes: Mapping[str, object] | None = None


def filterable(
    *,
    key: int,
    item_id: str,
    categories: Iterable[str],
    price: float | None,
    available: bool,
    created_at: datetime,
    attributes: Mapping[str, object],
) -> Filterable:
    """Make what filters see of an item; attributes they cannot speak of are left out."""
    return Filterable(
        key=key,
        item_id=item_id,
        categories=tuple(categories),
        price=price,
        available=available,
        created_at=created_at,
        attributes={name: value for name, value in attributes.items() if _seen_by_filters(value)},
    )


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item as the catalogue holds it.

    Attributes:
        key: SQL's number, the primary key in Milvus; never given twice.
        revision: Grows by one with every change of content.
        item: The content; `created_at` and `attributes` are always set here.
        as_of: When the newest accepted write happened at its source.
        received_at: When that write arrived here.
        deleted_at: Set on a tombstone.
        image_digest: SHA-256 (hex) of the picture behind `image_url`, once it has been fetched.
        indexed_revision: The revision last confirmed in the live generation, or None.
        searchable_at: When that was.
    """

    key: int
    revision: int
    item: Item
    as_of: datetime
    received_at: datetime
    deleted_at: datetime | None
    image_digest: str | None
    indexed_revision: int | None
    searchable_at: datetime | None

    @property
    def filterable(self) -> Filterable:
        """What filters can see of it."""
        return filterable(
            key=self.key,
            item_id=self.item.item_id,
            categories=self.item.categories,
            price=self.item.price,
            available=self.item.available,
            created_at=self.item.created_at or self.received_at,
            attributes=self.item.attributes or {},
        )


@dataclass(frozen=True, slots=True)
class Put:
    """Create the item or replace all of it."""

    item: Item
    as_of: datetime
    webhook_id: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """Replace the fields named; the merged item must obey the rules."""

    item_id: str
    fields: Mapping[str, object]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Delete:
    """Leave a tombstone, also for an item never seen, so that no older write brings it back."""

    item_id: str
    as_of: datetime
    webhook_id: str | None = None


Change = Put | Patch | Delete

ReceiptStatus = Literal["accepted", "unchanged", "superseded", "absent", "invalid"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a change.

    Attributes:
        item_id: Of the change.
        status: accepted: written and queued; unchanged: the same content is there already;
            superseded: a newer write came before; absent: nothing to patch or delete (a delete has
            left its tombstone); invalid: see `problem`. A repeated webhook id gives the first
            receipt again.
        operation_id: To ask for its progress; None where nothing was recorded.
        revision: The item's revision after the change; None if absent or invalid.
        problem: What was wrong, with the field, the value and the rule.
    """

    item_id: str
    status: ReceiptStatus
    operation_id: str | None
    revision: int | None
    problem: str | None = None


def checked(item: Item) -> Item:
    """Return the item in normal form (NFC id), or raise InvalidItem naming field, value and rule.

    At least one of title, description and image_url must say something. NUL and lone surrogates are
    refused in every string, keys of attributes included, because PostgreSQL cannot keep them;
    numbers must be finite. Times come back in UTC.
    """
    created_at = item.created_at
    result = Item(
        item_id=checked_id("item_id", item.item_id),
        title=rules.a_text("title", item.title, rules.MAX_TITLE),
        description=rules.a_text("description", item.description, rules.MAX_DESCRIPTION),
        image_url=rules.an_image_url("image_url", item.image_url),
        categories=rules.some_categories("categories", item.categories),
        price=rules.a_price("price", item.price),
        available=rules.a_flag("available", item.available),
        created_at=None if created_at is None else rules.an_instant("created_at", created_at),
        attributes=rules.some_attributes("attributes", item.attributes),
    )
    if not any(text and text.strip() for text in (item.title, item.description, item.image_url)):
        raise InvalidItem(
            f"item {result.item_id!r} has no title, description or image_url; at least one of them "
            "must say something"
        )
    return result


def checked_id(name: str, value: str) -> str:
    """Return an id in NFC, or raise InvalidItem naming it by `name` ("item_id", "user_id")."""
    return rules.an_id(name, value)


PATCHABLE = tuple(field.name for field in fields(Item) if field.name != "item_id")


def patched(item: Item, changes: Mapping[str, object]) -> Item:
    """Return the item with fields replaced, held to the rules.

    Raises:
        InvalidItem: A field is unknown (the message names the nearest), or a rule is broken.
    """
    for name in changes:
        if name not in PATCHABLE:
            near = get_close_matches(name, PATCHABLE, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"fields are {', '.join(PATCHABLE)}"
            raise InvalidItem(f"an item has no field {name[: rules.SHOWN]!r} to change; {hint}")
    held: dict[str, Any] = {name: getattr(item, name) for name in PATCHABLE}
    return checked(Item(item_id=item.item_id, **{**held, **changes}))


def _seen_by_filters(value: object) -> bool:
    """Whether an attribute is a scalar or a list of scalars."""
    if isinstance(value, list | tuple):
        return all(isinstance(each, str | int | float) for each in value)
    return isinstance(value, str | int | float)
