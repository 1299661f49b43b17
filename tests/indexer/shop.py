"""A catalogue, its queue and its generations over one database, at times counted in seconds."""

from datetime import UTC, datetime, timedelta

from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generations import Generations, SpaceModel
from indexer.items import Delete, Item, Put, StoredItem
from indexer.queue import Claim, WorkQueue

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
SPACES = (SpaceModel("text", 8, "hash", "hash:text:8"),)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Shop:
    """What a worker and the shops it works for can do."""

    def __init__(self, database: Database) -> None:
        self.catalogue = Catalogue(database)
        self.queue = WorkQueue(database)
        self.generations = Generations(database)
        self.generation = self.generations.start(
            "engine", SPACES, geometry=b"", live=True, now=NOON
        ).generation_id

    def put(self, item_id: str, title: str = "x", seconds: float = 0) -> None:
        self.catalogue.write([Put(Item(item_id, title=title), at(seconds))], now=at(seconds))

    def delete(self, item_id: str, seconds: float) -> None:
        self.catalogue.write([Delete(item_id, at(seconds))], now=at(seconds))

    def claim(self, seconds: float = 0, owner: str = "me", limit: int = 10) -> list[Claim]:
        return self.queue.claim(owner, limit=limit, lease=LEASE, now=at(seconds))

    def complete(self, claims: list[Claim], seconds: float = 0) -> list[Claim]:
        return self.queue.complete(claims, generation=self.generation, now=at(seconds))

    def item(self, item_id: str) -> StoredItem:
        (found,) = [
            each for each in self.catalogue.page(deleted=True) if each.item.item_id == item_id
        ]
        return found
