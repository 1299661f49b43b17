"""The catalogue: every item, its newest content, and how far it has come."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from indexer.candidates import KEYS, Candidate, SeenCache, newest_candidates, standing_candidates
from indexer.changes import ChangeBatch, CreationRaceError
from indexer.database import Database, slices
from indexer.errors import DatabaseUnavailable
from indexer.items import Change, Receipt, StoredItem
from indexer.statuses import (
    ItemStatus,
    Operation,
    SpaceStatus,
    item_status,
    recorded_operation,
)
from indexer.stored import STORED, THERE, stored
from indexer.tables import items, operations

__all__ = ["Candidate", "Catalogue", "ItemStatus", "Operation", "SpaceStatus"]

MAX_CHANGES = 1_000
"""Changes one transaction takes: more would make others wait."""

FORGOTTEN_AT_ONCE = 5_000
"""Operations deleted in one transaction, so that writers get their turn."""

ATTEMPTS = 5
"""Tries of a write that others create the same items beside; each loser goes on from the winner."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an item is, without its content.

    Attributes:
        revision: The newest.
        deleted: Whether it is a tombstone.
        indexed_revision: The revision last confirmed in the live generation, or None.
    """

    key: int
    revision: int
    deleted: bool
    indexed_revision: int | None


class Catalogue:
    """Items in SQL, written together with their row in the work queue.

    Args:
        database: Where they are.
        cached_items: Items whose content, as ranking sees it, is held in memory.
    """

    def __init__(self, database: Database, *, cached_items: int = 0) -> None:
        self._database = database
        self._seen = SeenCache(cached_items)

    def write(
        self, changes: Sequence[Change], *, now: datetime, recorded: bool = True
    ) -> list[Receipt]:
        """Apply changes in order, in one transaction that also queues the work.

        A change older than the newest accepted one of its item is superseded; of equal times the
        later arrival wins. Content equal to what is there makes no revision. A change that is
        invalid touches nothing and does not hinder the others.

        Args:
            changes: At most 1,000.
            now: The time of arrival.
            recorded: Whether to keep operations; a bulk import does not ask for them.

        Returns:
            One receipt a change, in order.

        Raises:
            DatabaseUnavailable, StorageFull: Nothing was written.
        """
        if len(changes) > MAX_CHANGES:
            message = f"{len(changes):,} changes at once, but at most {MAX_CHANGES:,} are taken"
            raise ValueError(message)
        for _ in range(ATTEMPTS):
            try:
                with self._database.writing() as connection:
                    return ChangeBatch(connection, now=now, recorded=recorded).apply(changes)
            except (CreationRaceError, IntegrityError) as error:
                raced = error
        raise DatabaseUnavailable(
            "others kept creating the same items or operations: try again later"
        ) from raced

    def get(self, item_id: str) -> StoredItem | None:
        """Read one item; None if never seen or deleted."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(*STORED).where(items.c.item_id == item_id, items.c.deleted_at.is_(None))
            ).one_or_none()
        return None if row is None else stored(row)

    def page(self, *, after: int = 0, limit: int = 100, deleted: bool = False) -> list[StoredItem]:
        """Read items in key order, from the one after `after` on; tombstones if asked for."""
        wanted = page_rows(after=after, limit=limit, deleted=deleted)
        with self._database.reading() as connection:
            return [stored(row) for row in connection.execute(wanted)]

    def pages(self, *, limit: int, after: int = 0) -> Iterator[list[StoredItem]]:
        """Read all items, deleted ones left out, in key order from the one after `after` on.

        Each page of at most `limit` is a read of its own.
        """
        while page := self.page(after=after, limit=limit):
            yield page
            after = page[-1].key

    def standings(self, *, after: int, limit: int) -> list[Standing]:
        """Read how far items are, tombstones included, in key order from the one after `after` on.

        Their content is left out: a picture inside its address can be megabytes.
        """
        wanted = (
            select(items.c.key, items.c.revision, items.c.deleted_at, items.c.indexed_revision)
            .where(items.c.key > after)
            .order_by(items.c.key)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                Standing(row.key, row.revision, row.deleted_at is not None, row.indexed_revision)
                for row in connection.execute(wanted)
            ]

    def by_keys(self, keys: Collection[int]) -> dict[int, StoredItem]:
        """Read items by key, tombstones included; absent keys are left out."""
        with self._database.reading() as connection:
            return {
                row.key: stored(row)
                for part in slices(sorted(keys))
                for row in connection.execute(select(*STORED).where(items.c.key.in_(part)))
            }

    def keys_of(self, item_ids: Collection[str]) -> dict[str, int]:
        """Look up keys of items that exist and are not deleted; at most 1,000 ids."""
        with self._database.reading() as connection:
            return {
                item_id: key
                for part in slices(sorted(item_ids))
                for item_id, key in connection.execute(KEYS_BY_ID, {"item_ids": part})
            }

    def candidates(self, keys: Collection[int]) -> dict[int, Candidate]:
        """Read what ranking checks, in one indexed read; deleted items are left out.

        How far each item is, and whether it is there, is read anew each time. What it says is read
        once for each of its revisions, in the same transaction.
        """
        with self._database.reading() as connection:
            return standing_candidates(connection, keys, self._seen)

    def present(self, keys: Collection[int]) -> set[int]:
        """Say which items are there and not deleted, by their keys.

        Any number of keys: LIST_LIMIT a read, each a transaction of its own.
        """
        found: set[int] = set()
        for part in slices(sorted(keys)):
            with self._database.reading() as connection:
                found.update(connection.scalars(PRESENT, {"keys": part}))
        return found

    def keys(
        self, *, limit: int, up_to: int | None = None, before: datetime | None = None
    ) -> Iterator[list[int]]:
        """Read the keys of all items, ascending; deleted ones are left out.

        Args:
            limit: Of a page, each of which is a read of its own.
            up_to: Only keys up to this one.
            before: Only items that were created before this moment.
        """
        after = 0
        while True:
            wanted = key_rows(after=after, limit=limit, up_to=up_to, before=before)
            with self._database.reading() as connection:
                page = list(connection.scalars(wanted))
            if not page:
                return
            yield page
            after = page[-1]

    def newest(
        self, *, limit: int, category: str | None = None, before: datetime | None = None
    ) -> list[Candidate]:
        """Read at most `limit` available items by `created_at`, newest first, ties by item_id."""
        with self._database.reading() as connection:
            return newest_candidates(connection, limit=limit, category=category, before=before)

    def status(self, item_id: str) -> ItemStatus | None:
        """Tell how far an item has come; None if never seen."""
        with self._database.reading() as connection:
            return item_status(connection, item_id)

    def operation(self, operation_id: str) -> Operation | None:
        """Look up an operation; None if unknown or past its retention."""
        with self._database.reading() as connection:
            return recorded_operation(connection, operation_id)

    def forget_operations(self, *, before: datetime) -> int:
        """Delete operations received before a time; return how many."""
        oldest = (
            select(operations.c.operation_id)
            .where(operations.c.received_at < before)
            .limit(FORGOTTEN_AT_ONCE)
        )
        forgotten = 0
        while True:
            with self._database.writing() as connection:
                gone = connection.execute(
                    delete(operations).where(operations.c.operation_id.in_(oldest))
                ).rowcount
            forgotten += gone
            if gone < FORGOTTEN_AT_ONCE:
                return forgotten

    def set_image_digests(self, digests: Mapping[tuple[int, int], str]) -> None:
        """Record what was fetched, by (key, revision); ignored where the item has moved on."""
        if not digests:
            return
        statement = (
            update(items)
            .where(items.c.key == bindparam("at_key"), items.c.revision == bindparam("at_revision"))
            .values(image_digest=bindparam("digest"))
        )
        rows = [
            {"at_key": key, "at_revision": revision, "digest": digest}
            for (key, revision), digest in sorted(digests.items())
        ]
        with self._database.writing() as connection:
            connection.execute(statement, rows)

    def count(self, *, up_to: int | None = None) -> int:
        """Count the items that are not deleted; with `up_to`, those up to that key."""
        wanted = select(func.count()).select_from(items).where(items.c.deleted_at.is_(None))
        if up_to is not None:
            wanted = wanted.where(items.c.key <= up_to)
        with self._database.reading() as connection:
            return connection.scalar(wanted) or 0

    def last_key(self) -> int:
        """Return the largest key, tombstones included; 0 when there are no items."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(items.c.key))) or 0

    def sample(self, most: int) -> list[int]:
        """Return keys of items, at most so many, spread evenly over all keys; ascending."""
        last = self.last_key()
        probes = [last * step // most for step in range(most)]
        found = (self.page(after=after, limit=1) for after in probes)
        return sorted({page[0].key for page in found if page})


PRESENT: Select[Any] = select(items.c.key).where(KEYS, THERE)
"""Which of these `keys` are of items that are there."""

KEYS_BY_ID: Select[Any] = select(items.c.item_id, items.c.key).where(
    items.c.item_id.in_(bindparam("item_ids", expanding=True)), THERE
)
"""The keys of these `item_ids`."""


def page_rows(*, after: int, limit: int, deleted: bool = False) -> Select[Any]:
    """Select items in key order."""
    wanted = select(*STORED).where(items.c.key > after).order_by(items.c.key).limit(limit)
    return wanted if deleted else wanted.where(THERE)


def key_rows(
    *, after: int, limit: int, up_to: int | None = None, before: datetime | None = None
) -> Select[Any]:
    """Select the keys of items, in order, as `Catalogue.keys` says."""
    wanted = select(items.c.key).where(items.c.key > after, THERE)
    if up_to is not None:
        wanted = wanted.where(items.c.key <= up_to)
    if before is not None:
        wanted = wanted.where(items.c.created_at < before)
    return wanted.order_by(items.c.key).limit(limit)
