"""A catalogue, its queue and its generations over one database, at times counted in seconds."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generation import SpaceModel
from indexer.generations import Generations
from indexer.items import Change, Delete, Item, Put, Receipt, StoredItem
from indexer.queue import Claim, WorkQueue
from indexer.tables import item_categories, items, operations, work

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MUG = Item("mug", title="A blue mug", categories=("kitchen", "mugs"), price=9.5)
LEASE = timedelta(seconds=30)
SPACES = (SpaceModel("text", 8, "hash", "hash:text:8"),)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def write(catalogue: Catalogue, *changes: Change, now: datetime = NOON) -> list[Receipt]:
    return catalogue.write(changes, now=now)


def put(item: Item, seconds: float = 0, webhook_id: str | None = None) -> Put:
    return Put(item, at(seconds), webhook_id)


def rows(database: Database, table: str) -> int:
    tables = {each.name: each for each in (items, item_categories, operations, work)}
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(tables[table])) or 0


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
