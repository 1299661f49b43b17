"""What reads of interactions have in common."""

from typing import Any

from sqlalchemy import BindParameter, Join, Select, Subquery, and_, select

from app.interactions.tables import interactions
from indexer.tables import items


def newest_of(user_id: str | BindParameter[Any]) -> Select[Any]:
    """Select what a person did, newest first; ties end in order of arrival."""
    return (
        select(interactions)
        .where(interactions.c.user_id == user_id)
        .order_by(interactions.c.happened_at.desc(), interactions.c.id.desc())
    )


def with_items(read: Subquery) -> Join:
    """Look up the items of interactions; null where one does not exist, not yet or no more."""
    there = and_(items.c.item_id == read.c.item_id, items.c.deleted_at.is_(None))
    return read.outerjoin(items, there)
