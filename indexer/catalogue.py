"""The catalogue: every item, its newest content, and how far it has come."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from indexer.database import Database
from indexer.filters import Filter, Filterable
from indexer.items import Change, Receipt, StoredItem


@dataclass(frozen=True, slots=True)
class SpaceStatus:
    """How one space of an item stands.

    Attributes:
        space: Its name.
        model: Which model and weights made the vector.
        revision: Of the content it was made from.
        present: False when there was nothing to embed, or `problem` says why not.
        problem: What was wrong, or None.
        embedded_at: When.
    """

    space: str
    model: str
    revision: int
    present: bool
    problem: str | None
    embedded_at: datetime


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """How far an item has come: received, embedded per space, searchable, or the problem.

    Attributes:
        indexed_revision: Last confirmed in the live generation; searchable when it is `revision`.
        attempts: How often the newest content was tried without success.
        problem: Why the last try failed, or None.
        set_aside_at: When it was given up until `kindred queue retry`, or None.
    """

    item_id: str
    revision: int
    received_at: datetime
    deleted_at: datetime | None
    spaces: tuple[SpaceStatus, ...]
    indexed_revision: int | None
    searchable_at: datetime | None
    attempts: int
    problem: str | None
    set_aside_at: datetime | None


@dataclass(frozen=True, slots=True)
class Operation:
    """A write that was asked for; it is done once the item's indexed revision has reached it."""

    operation_id: str
    item_id: str
    revision: int
    kind: str
    status: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a ranked answer needs of an item, in one narrow read.

    Attributes:
        item: What filters can see.
        title: To show, or None.
        image_url: To show, or None; a `data:` URL is left out.
        revision: The content's newest revision.
        indexed_revision: What the live generation holds, or None when it is not searchable yet.
    """

    item: Filterable
    title: str | None
    image_url: str | None
    revision: int
    indexed_revision: int | None


class Catalogue:
    """Items in SQL, written together with their row in the work queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        raise NotImplementedError

    def get(self, item_id: str) -> StoredItem | None:
        """Read one item; None if never seen or deleted."""
        raise NotImplementedError

    def page(self, *, after: int = 0, limit: int = 100, deleted: bool = False) -> list[StoredItem]:
        """Read items in key order, those with a larger key than `after`; tombstones if asked for."""
        raise NotImplementedError

    def by_keys(self, keys: Collection[int]) -> dict[int, StoredItem]:
        """Read items by key, tombstones included; absent keys are left out."""
        raise NotImplementedError

    def keys_of(self, item_ids: Collection[str]) -> dict[str, int]:
        """Look up keys of items that exist and are not deleted; at most 1,000 ids."""
        raise NotImplementedError

    def candidates(self, keys: Collection[int]) -> dict[int, Candidate]:
        """Read what ranking checks, in one indexed read; deleted items are left out."""
        raise NotImplementedError

    def newest(
        self, *, limit: int, category: str | None = None, before: datetime | None = None
    ) -> list[Candidate]:
        """Read available items by `created_at`, newest first, ties by item_id; bounded by `limit`."""
        raise NotImplementedError

    def status(self, item_id: str) -> ItemStatus | None:
        """Tell how far an item has come; None if never seen."""
        raise NotImplementedError

    def operation(self, operation_id: str) -> Operation | None:
        """Look up an operation; None if unknown or past its retention."""
        raise NotImplementedError

    def forget_operations(self, *, before: datetime) -> int:
        """Delete operations received before a time; return how many."""
        raise NotImplementedError

    def set_image_digests(self, digests: Mapping[tuple[int, int], str]) -> None:
        """Record what was fetched, by (key, revision); ignored where the item has moved on."""
        raise NotImplementedError

    def count(self) -> int:
        """Count the items that are not deleted."""
        raise NotImplementedError
