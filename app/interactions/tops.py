"""The items with the largest counts, read from an index."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, select, true

from app.interactions.tables import popularity
from app.recommend.popularity import NO_LEVEL
from app.recommend.sources import Counted
from indexer.catalogue import Candidate
from indexer.stored import SEEN, SHOWN, seen
from indexer.tables import item_categories, items

SMALL_CATEGORY = 1_000
"""Available items of a category up to which it is small."""


def largest(
    connection: Connection,
    horizon: str,
    limit: int,
    where: ColumnElement[bool],
    *,
    beside: str | None = None,
) -> list[Row[Any]]:
    """Read the items with the largest levels, and their levels in another horizon (`other`).

    Args:
        connection: A transaction.
        horizon: As the rows of its table name it, and so is `beside`.
        limit: Items at most.
        where: What else must hold of an item.
        beside: The other horizon.

    Returns:
        Largest first, ties by item_id; only available items of which something counts.
    """
    reading: Select[Any] = select(*SEEN, *SHOWN, popularity.c.score).join_from(
        popularity, items, items.c.item_id == popularity.c.item_id
    )
    if beside is not None:
        other = popularity.alias("beside")
        same = and_(other.c.item_id == popularity.c.item_id, other.c.horizon == beside)
        reading = reading.outerjoin(other, same).add_columns(other.c.score.label("other"))
    reading = reading.where(
        popularity.c.horizon == horizon,
        popularity.c.score > NO_LEVEL,  # all there was may have been taken out
        items.c.deleted_at.is_(None),
        items.c.available == true(),
        where,
    )
    ordered = reading.order_by(popularity.c.score.desc(), popularity.c.item_id).limit(limit)
    return list(connection.execute(ordered))


def in_category(connection: Connection, category: str) -> ColumnElement[bool]:
    """Narrow counted items to a category: a small one is named item by item.

    SQLite would walk down all counts in search of the few (72 ms for 20 among 40,000 items).
    """
    few = connection.scalars(
        select(item_categories.c.item_id)
        .where(item_categories.c.category == category, item_categories.c.available == true())
        .limit(SMALL_CATEGORY + 1)
    ).all()
    if len(few) <= SMALL_CATEGORY:
        return popularity.c.item_id.in_(few)
    return exists().where(
        item_categories.c.item_key == items.c.key, item_categories.c.category == category
    )


def counted(row: Row[Any], count: float, *, risen: bool = True) -> Counted:
    """Make an item with its count of a row that `largest` read."""
    shown = Candidate(seen(row), row.title, row.image_url, row.revision, row.indexed_revision)
    return Counted(shown, count, risen)
