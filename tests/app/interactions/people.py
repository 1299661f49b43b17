"""Items and interactions in few words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.interactions.counts import Popularity
from app.interactions.interaction import Interaction
from app.interactions.recount import Recount
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Delete, Item, Put

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def did(
    user_id: str,
    kind: str,
    item_id: str,
    value: float | None = None,
    *,
    ago: timedelta = timedelta(0),
    interaction_id: str | None = None,
) -> Interaction:
    return Interaction(user_id, item_id, kind, value, NOW - ago, interaction_id=interaction_id)


def add_items(
    database: Database,
    *item_ids: str,
    categories: Sequence[str] = (),
    available: bool = True,
) -> None:
    put = [
        Put(Item(each, title=each, categories=tuple(categories), available=available), NOW)
        for each in item_ids
    ]
    receipts = Catalogue(database).write(put, now=NOW)
    assert {each.status for each in receipts} == {"accepted"}


def delete_item(database: Database, item_id: str) -> None:
    (receipt,) = Catalogue(database).write([Delete(item_id, NOW + timedelta(seconds=1))], now=NOW)
    assert receipt.status == "accepted"


def miscounted(counts: Popularity, database: Database) -> dict[str, int]:
    """Compare every count with a recount; return faults, none of them if all is right."""
    return dict(Recount(database, counts, str).popularity(now=NOW).faults)
