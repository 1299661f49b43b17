"""What an operator asks of the records: few numbers, each bounded, nothing changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from indexer.database import Database
from indexer.tables import items, jobs, operations, work, workers


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows of the queue were set aside, and how many for that."""

    text: str
    rows: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job of a kind failed."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that waits or runs.

    Attributes:
        kind: "reindex", "rollback", "train" or "audit".
        requested_at: When it was asked for.
        held: Whether a living process has it in hand.
    """

    kind: str
    requested_at: datetime
    held: bool


class Inspection:
    """Reads for people who look after a Kindred. Each raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reasons(self, *, limit: int = 3) -> list[Reason]:
        """Count what was set aside by reason, the most frequent first."""
        rows = func.count().label("rows")
        why = func.coalesce(work.c.reason, "no reason was noted").label("text")
        with self._database.reading() as connection:
            found = connection.execute(
                select(why, rows)
                .where(work.c.set_aside_at.is_not(None))
                .group_by(why)
                .order_by(rows.desc(), why)
                .limit(limit)
            )
            return [Reason(*row) for row in found]

    def searchable(self) -> int:
        """Count the items that were confirmed in the live index, at whatever revision."""
        with self._database.reading() as connection:
            counted = connection.scalar(
                select(func.count())
                .select_from(items)
                .where(items.c.deleted_at.is_(None), items.c.indexed_revision.is_not(None))
            )
            return counted or 0

    def open_job(self, *, now: datetime) -> OpenJob | None:
        """Look up the oldest job that waits or runs."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(jobs.c.kind, jobs.c.requested_at, jobs.c.lease_until)
                .where(jobs.c.state.in_(("waiting", "running")))
                .order_by(jobs.c.job_id)
                .limit(1)
            ).one_or_none()
        if row is None:
            return None
        held = row.lease_until is not None and row.lease_until > now
        return OpenJob(row.kind, row.requested_at, held)

    def last_failure(self) -> Failure | None:
        """Say why the last job that ended failed; None if it did not, or none has ended."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(jobs.c.kind, jobs.c.error)
                .where(jobs.c.state.in_(("done", "failed")))
                .order_by(jobs.c.job_id.desc())
                .limit(1)
            ).one_or_none()
        return None if row is None or row.error is None else Failure(row.kind, row.error)

    def newest_moment(self) -> datetime | None:
        """Return the latest time noted as past: of a write, or of a worker's promise to live."""
        with self._database.reading() as connection:
            noted = [
                connection.scalar(select(func.max(column)))
                for column in (operations.c.received_at, work.c.queued_at, workers.c.alive_until)
            ]
        return max((moment for moment in noted if moment is not None), default=None)

    def clock(self) -> timedelta | None:
        """Return the server's time since 1970 UTC; None on SQLite, which has the machine's."""
        with self._database.reading() as connection:
            if connection.dialect.name != "postgresql":
                return None
            seconds = connection.scalar(select(func.extract("epoch", func.clock_timestamp())))
        return timedelta(seconds=float(seconds or 0))
