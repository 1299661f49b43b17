"""Writing interactions down, each once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from app.interactions.interaction import Interaction
from app.interactions.tables import interactions
from indexer.database import slices, upsert
from indexer.stored import THERE
from indexer.tables import items


def users(some: Iterable[Interaction]) -> set[str]:
    """Name whose they are."""
    return {each.user_id for each in some}


def fresh_of(
    batch: Sequence[Interaction], ignored: Collection[int]
) -> tuple[list[Interaction], dict[str, int]]:
    """Return those that may be new, and the row of each interaction_id that comes first."""
    first: dict[str, int] = {}
    fresh = []
    for row, each in enumerate(batch):
        if row in ignored:
            continue
        if each.interaction_id is None or first.setdefault(each.interaction_id, row) == row:
            fresh.append(each)
    return fresh, first


def keep(
    connection: Connection, fresh: Sequence[Interaction], counts: Sequence[bool], now: datetime
) -> frozenset[str]:
    """Insert those that are new; return the interaction_ids among them."""
    if not fresh:
        return frozenset()
    # By id, so that two transactions with the same ids wait for each other instead of in a circle.
    ordered = sorted(zip(fresh, counts, strict=True), key=lambda pair: pair[0].interaction_id or "")
    inserting = (
        upsert(connection, interactions)
        .on_conflict_do_nothing(index_elements=[interactions.c.interaction_id])
        .returning(interactions.c.interaction_id)
    )
    rows = [
        {
            "user_id": each.user_id,
            "item_id": each.item_id,
            "kind": each.kind,
            "value": each.value,
            "happened_at": each.happened_at,
            "session_id": each.session_id,
            "interaction_id": each.interaction_id,
            "recommendation_id": each.recommendation_id,
            "received_at": now,
            "counted": counting,
        }
        for each, counting in ordered
    ]
    return frozenset(each for each in connection.scalars(inserting, rows) if each is not None)


def known_prices(connection: Connection, item_ids: Collection[str]) -> dict[str, float | None]:
    """Look up the items that exist, item_id to price."""
    known: dict[str, float | None] = {}
    for some in slices(sorted(item_ids)):
        reading = select(items.c.item_id, items.c.price).where(items.c.item_id.in_(some), THERE)
        known.update((row.item_id, row.price) for row in connection.execute(reading))
    return known
