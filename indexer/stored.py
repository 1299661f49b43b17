"""Rows of the items table as values."""

from typing import Any

from sqlalchemy import Boolean, Row, case, func, null
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from indexer.filters import Filterable
from indexer.items import Item, StoredItem, filterable
from indexer.tables import items


class _There(FunctionElement[bool]):
    """An item is not deleted."""

    inherit_cache = True
    type = Boolean()


@compiles(_There, "sqlite")
def _on_sqlite(element: _There, compiler: SQLCompiler, **kept: Any) -> str:  # noqa: ANN401 - as SQLAlchemy gives it
    del element
    return f"+{compiler.process(items.c.deleted_at, **kept)} IS NULL"


@compiles(_There, "postgresql")
def _on_postgresql(element: _There, compiler: SQLCompiler, **kept: Any) -> str:  # noqa: ANN401 - as above
    del element
    return f"({compiler.process(items.c.deleted_at, **kept)} IS NULL) IS TRUE"


THERE = _There()
"""An item is not deleted; for reads that find their items by key, id or another table.

It is written so that it plays no part in the choice of an index. SQLite took ix_items_newest, which
begins with deleted_at, for any read of a hundred keys or more, and for every page in key order, and
walked the whole catalogue each time; so did PostgreSQL until it had counted. A plus, which SQLite
heeds, would keep PostgreSQL from its counts: it took one row in 200 to be there, and sorted the
whole catalogue for every page.
"""

STORED = tuple(column for column in items.c if column.name != "fence")
"""The columns `stored` reads."""

SEEN = (
    items.c.key,
    items.c.item_id,
    items.c.categories,
    items.c.price,
    items.c.available,
    items.c.created_at,
    items.c.attributes,
)
"""The columns `seen` reads: what filters can see."""

SHOWN = (
    items.c.title,
    # A picture inside its address can be megabytes, and nobody shows one by its address.
    case(
        (func.lower(func.substr(items.c.image_url, 1, 5)) == "data:", null()),
        else_=items.c.image_url,
    ).label("image_url"),
    items.c.revision,
    items.c.indexed_revision,
)
"""The columns a ranked answer shows besides."""


def content(row: Row[Any]) -> Item:
    """Read the content of a row of STORED."""
    return Item(
        item_id=row.item_id,
        title=row.title,
        description=row.description,
        image_url=row.image_url,
        categories=tuple(row.categories),
        price=row.price,
        available=row.available,
        created_at=row.created_at,
        attributes=row.attributes,
    )


def stored(row: Row[Any]) -> StoredItem:
    """Read a row of STORED."""
    return StoredItem(
        key=row.key,
        revision=row.revision,
        item=content(row),
        as_of=row.as_of,
        received_at=row.received_at,
        deleted_at=row.deleted_at,
        image_digest=row.image_digest,
        indexed_revision=row.indexed_revision,
        searchable_at=row.searchable_at,
    )


def seen(row: Row[Any]) -> Filterable:
    """Read a row that has the columns of SEEN."""
    return filterable(
        key=row.key,
        item_id=row.item_id,
        categories=row.categories,
        price=row.price,
        available=row.available,
        created_at=row.created_at,
        attributes=row.attributes,
    )
