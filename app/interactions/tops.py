"""The items with the largest counts, read from an index."""

from collections.abc import Sequence
from dataclasses import dataclass
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


ItemLevels = Sequence[float | None]
"""An item's levels in some horizons, None where nothing is counted."""


@dataclass(frozen=True, slots=True)
class Top:
    """An item as read, and its levels in the horizons asked for."""

    row: Row[Any]
    levels: ItemLevels


def largest(
    connection: Connection,
    horizons: Sequence[str],
    by: int,
    where: ColumnElement[bool],
    limit: int,
) -> list[Top]:
    """Read the items with the largest levels in one horizon, and their levels in others.

    Args:
        connection: A transaction.
        horizons: As the rows of their table name them.
        by: The place of the one among them.
        where: What else must hold of an item.
        limit: Items at most.

    Returns:
        Largest first, ties by item_id; only available items of which something counts.
    """
    names = [f"level_{place}" for place in range(len(horizons))]
    reading: Select[Any] = select(*SEEN, *SHOWN, popularity.c.score.label(names[by])).join_from(
        popularity, items, items.c.item_id == popularity.c.item_id
    )
    for name, horizon in zip(names, horizons, strict=True):
        if horizon != horizons[by]:
            other = popularity.alias(f"beside_{name}")
            same = and_(other.c.item_id == popularity.c.item_id, other.c.horizon == horizon)
            reading = reading.outerjoin(other, same).add_columns(other.c.score.label(name))
    reading = reading.where(
        popularity.c.horizon == horizons[by],
        popularity.c.score > NO_LEVEL,  # all there was may have been taken out
        items.c.deleted_at.is_(None),
        items.c.available == true(),
        where,
    )
    ordered = reading.order_by(popularity.c.score.desc(), popularity.c.item_id).limit(limit)
    return [
        Top(row, tuple(getattr(row, name) for name in names)) for row in connection.execute(ordered)
    ]


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
