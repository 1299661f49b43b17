"""The work queue: one row an item, naming its newest revision, claimed under a lease and a fence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from indexer.database import Database


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of work held for a while.

    Attributes:
        item_key: Which item.
        revision: The newest revision when it was claimed.
        token: Grows with every claim of the row; a late holder's token no longer fits.
        attempts: Earlier tries that failed.
        queued_at: When the newest revision was queued.
    """

    item_key: int
    revision: int
    token: int
    attempts: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How much waits, and how long.

    Attributes:
        waiting: Rows not set aside.
        set_aside: Rows given up until retried.
        oldest: When the oldest waiting row was queued, or None.
    """

    waiting: int
    set_aside: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A row of the queue, for people to read."""

    item_id: str
    revision: int
    queued_at: datetime
    due_at: datetime
    attempts: int
    set_aside_at: datetime | None
    reason: str | None


def enqueue(connection: Connection, revisions: Mapping[int, int], *, now: datetime) -> None:
    """Queue items (key to revision) inside the caller's transaction.

    A row that is there already takes the newer revision, is due at once, and starts its attempts
    anew; a claim on it stays valid but can no longer complete it.
    """
    raise NotImplementedError


class WorkQueue:
    """The durable queue in SQL. Many claimers are safe (SKIP LOCKED on PostgreSQL)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, revisions: Mapping[int, int], *, now: datetime) -> None:
        """Queue items (key to revision) in a transaction of its own."""
        raise NotImplementedError

    def claim(
        self, owner: str, *, limit: int, lease: timedelta, now: datetime
    ) -> list[Claim]:
        """Take due rows, oldest first, that nobody holds or whose lease ran out."""
        raise NotImplementedError

    def complete(
        self, claims: Sequence[Claim], *, generation: int | None, now: datetime
    ) -> list[Claim]:
        """Remove finished rows and stamp their items searchable, in one transaction.

        A row whose revision has moved on is released, due at once. A claim whose row is gone or was
        claimed by another since is late: what it wrote may be old, so its item is queued again.

        Args:
            claims: Confirmed in the live generation at `claim.revision`.
            generation: The live generation they were confirmed in; if another is live by now, every
                item is queued again instead of stamped. None: there is none, nothing is stamped.
            now: Becomes `searchable_at` of items whose `indexed_revision` changes.

        Returns:
            The claims that were completed.
        """
        raise NotImplementedError

    def postpone(
        self,
        claims: Sequence[Claim],
        *,
        due_at: datetime,
        reason: str | None,
        counted: bool,
    ) -> None:
        """Release rows until a time; `counted` adds an attempt (an outage of the engine does not).

        A claim that no longer fits its row is ignored.
        """
        raise NotImplementedError

    def set_aside(self, claims: Sequence[Claim], *, reason: str, now: datetime) -> None:
        """Give rows up until `retry`; a row whose revision has moved on is released instead."""
        raise NotImplementedError

    def retry(self, item_ids: Collection[str] | None, *, now: datetime) -> int:
        """Make set-aside rows (all, or of these items) due now with fresh attempts; return how many."""
        raise NotImplementedError

    def entries(self, *, limit: int = 100, set_aside: bool | None = None) -> list[QueueEntry]:
        """List rows, oldest first; all, or only those (not) set aside."""
        raise NotImplementedError

    def depth(self) -> QueueDepth:
        """Tell how much waits."""
        raise NotImplementedError
