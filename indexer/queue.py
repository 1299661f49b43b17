"""The work queue: one row an item, naming its newest revision, claimed by lease and fence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from indexer.claims import (
    Claim,
    Standing,
    due_rows,
    enqueue,
    is_live,
    put_aside,
    release,
    remove,
    stamp,
    standing,
)
from indexer.database import Database, slices
from indexer.drops import Dropped, drop_named, drop_set_aside
from indexer.tables import items, work

__all__ = ["Claim", "Dropped", "QueueDepth", "QueueEntry", "WorkQueue", "enqueue"]


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


class WorkQueue:
    """The durable queue in SQL. Many claimers are safe (SKIP LOCKED on PostgreSQL)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, revisions: Mapping[int, int], *, now: datetime) -> None:
        """Queue items (key to revision) in a transaction of its own."""
        if not revisions:
            return
        with self._database.writing() as connection:
            enqueue(connection, revisions, now=now)

    def claim(self, owner: str, *, limit: int, lease: timedelta, now: datetime) -> list[Claim]:
        """Take due rows, oldest first, that nobody holds or whose lease ran out."""
        # An idle worker looks often; a read does not make SQLite's writers wait.
        with self._database.reading() as connection:
            if connection.scalar(due_rows(limit=1, now=now)) is None:
                return []
        with self._database.writing() as connection:
            keys = list(
                connection.scalars(due_rows(limit=limit, now=now).with_for_update(skip_locked=True))
            )
            taken: dict[int, Claim] = {}
            for part in slices(keys):
                rows = connection.execute(
                    update(work)
                    .where(work.c.item_key.in_(part))
                    .values(
                        token=work.c.token + 1,
                        lease_owner=owner,
                        lease_until=now + lease,
                        again=False,
                    )
                    .returning(
                        work.c.item_key,
                        work.c.revision,
                        work.c.token,
                        work.c.attempts,
                        work.c.queued_at,
                    )
                )
                taken |= {row.item_key: Claim(*row) for row in rows}
        return [taken[key] for key in keys]

    def pull_in(self, *, now: datetime, lease: timedelta, longest: timedelta) -> None:
        """Bring rows closer that a clock that has gone back since has put far into the future.

        What was not tried yet is due now, other rows within the longest wait; no row is held for
        longer than a lease from now, which whoever lives renews.
        """
        waiting = work.c.set_aside_at.is_(None)
        far = (work.c.attempts == 0) | (work.c.due_at > now + longest)
        with self._database.writing() as connection:
            connection.execute(
                update(work).where(waiting, work.c.due_at > now, far).values(due_at=now)
            )
            connection.execute(
                update(work)
                .where(waiting, work.c.lease_until > now + lease)
                .values(lease_until=now + lease)
            )

    def renew(
        self, owner: str, claims: Sequence[Claim], *, lease: timedelta, now: datetime
    ) -> None:
        """Hold rows for longer, but not those let go or claimed by somebody else since."""
        with self._database.writing() as connection:
            for keys in slices(sorted(claim.item_key for claim in claims)):
                connection.execute(
                    update(work)
                    .where(work.c.item_key.in_(keys), work.c.lease_owner == owner)
                    .values(lease_until=now + lease)
                )

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
        if not claims:
            return []
        with self._database.writing() as connection:
            found = standing(connection, claims, due_at=now)
            release(connection, found.overtaken)
            if generation is not None and not is_live(connection, generation):
                release(connection, found.current, due_at=now)
                return []
            if generation is not None:
                stamp(connection, found.current, now=now)
            remove(connection, found.current)
        return found.current

    def complete_partly(
        self,
        claim: Claim,
        *,
        generation: int | None,
        due_at: datetime | None,
        reason: str,
        now: datetime,
    ) -> bool:
        """Stamp an item searchable, but keep its row for what could not be had of it this time.

        Args:
            claim: Confirmed in the live generation at `claim.revision`.
            generation: As for `complete`.
            due_at: When to try again, counted as an attempt; None sets the row aside.
            reason: What is missing, for people to read.
            now: Becomes `searchable_at` if `indexed_revision` changes.

        Returns:
            Whether it was stamped; if not, the row went the way it goes in `complete`.
        """
        with self._database.writing() as connection:
            found = standing(connection, [claim], due_at=now)
            release(connection, found.overtaken)
            if generation is not None and not is_live(connection, generation):
                release(connection, found.current, due_at=now)
                return False
            if generation is not None:
                stamp(connection, found.current, now=now)
            if due_at is None:
                put_aside(connection, found.current, reason=reason, now=now)
            else:
                release(connection, found.current, due_at=due_at, reason=reason, counted=True)
        return bool(found.current)

    def postpone(
        self,
        claims: Sequence[Claim],
        *,
        due_at: datetime,
        reason: str | None,
        counted: bool,
    ) -> None:
        """Release rows until a time; `counted` adds an attempt (an outage of the engine does not).

        A row whose revision has moved on is released, due at once. A late claim postpones nothing;
        what it wrote may be old, so its item is queued again.
        """
        if not claims:
            return
        with self._database.writing() as connection:
            found: Standing = standing(connection, claims, due_at=due_at)
            release(connection, found.overtaken)
            release(connection, found.current, due_at=due_at, reason=reason, counted=counted)

    def set_aside(self, claims: Sequence[Claim], *, reason: str, now: datetime) -> None:
        """Give rows up until `retry`; a row whose revision has moved on is released instead.

        A late claim sets nothing aside; what it wrote may be old, so its item is queued again.
        """
        if not claims:
            return
        with self._database.writing() as connection:
            found = standing(connection, claims, due_at=now)
            release(connection, found.overtaken)
            put_aside(connection, found.current, reason=reason, now=now)

    def retry(self, item_ids: Collection[str] | None, *, now: datetime) -> int:
        """Make set-aside rows (all, or of these items) due now, attempts at 0; return how many."""
        anew = (
            update(work)
            .where(work.c.set_aside_at.is_not(None))
            .values(set_aside_at=None, reason=None, attempts=0, due_at=now, queued_at=now)
        )
        with self._database.writing() as connection:
            if item_ids is None:
                return connection.execute(anew).rowcount
            named = 0
            for part in slices(sorted(item_ids)):
                keys = select(items.c.key).where(items.c.item_id.in_(part))
                named += connection.execute(anew.where(work.c.item_key.in_(keys))).rowcount
            return named

    def drop(self, item_ids: Collection[str] | None, *, now: datetime) -> Dropped:
        """Remove rows (of these items, or all set aside) without doing their work.

        Their items stay as the index has them until they change or a reindex finds them behind.
        What a worker has in hand stays queued; a claim that is late after its row was dropped
        queues its item again, as ever.
        """
        with self._database.writing() as connection:
            if item_ids is None:
                return drop_set_aside(connection, now=now)
            return drop_named(connection, item_ids, now=now)

    def entries(self, *, limit: int = 100, set_aside: bool | None = None) -> list[QueueEntry]:
        """List rows, oldest first; all, or only those (not) set aside."""
        wanted = (
            select(
                items.c.item_id,
                work.c.revision,
                work.c.queued_at,
                work.c.due_at,
                work.c.attempts,
                work.c.set_aside_at,
                work.c.reason,
            )
            .join(items, items.c.key == work.c.item_key)
            .order_by(work.c.queued_at, work.c.item_key)
            .limit(limit)
        )
        if set_aside is not None:
            aside = work.c.set_aside_at
            wanted = wanted.where(aside.is_not(None) if set_aside else aside.is_(None))
        with self._database.reading() as connection:
            return [QueueEntry(*row) for row in connection.execute(wanted)]

    def depth(self) -> QueueDepth:
        """Tell how much waits."""
        waiting = work.c.set_aside_at.is_(None)
        with self._database.reading() as connection:
            row = connection.execute(
                select(
                    func.count().filter(waiting),
                    func.count().filter(work.c.set_aside_at.is_not(None)),
                    func.min(work.c.queued_at).filter(waiting),
                ).select_from(work)
            ).one()
        return QueueDepth(*row)
