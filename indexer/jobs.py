"""Jobs: long work asked for in SQL, done by whoever owns the index, followed by anyone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from indexer.database import Database, alone, upsert
from indexer.tables import jobs, workers

JobState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of long work.

    Attributes:
        kind: "reindex", "rollback", "train" or "audit".
        arguments: What was asked for.
        progress: Of a running one: {"phase", "done", "total"}; of a done one, its report.
        error: Why it failed.
    """

    job_id: int
    kind: str
    arguments: Mapping[str, object]
    state: JobState
    progress: Mapping[str, object]
    error: str | None
    requested_at: datetime
    finished_at: datetime | None


LONGEST_ALIVE = timedelta(minutes=5)
"""Workers say for some seconds ahead that they live; clocks of machines may differ by minutes."""


class Jobs:
    """Jobs in SQL, claimed under a lease so that a killed owner's job is taken up again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request(
        self,
        kind: str,
        arguments: Mapping[str, object],
        *,
        now: datetime,
        apart_from: Collection[str] = (),
    ) -> Job:
        """Ask for a job; an equal one that is waiting or running is returned instead.

        Args:
            kind: See `Job`.
            arguments: What to do.
            now: The time.
            apart_from: Arguments in which equal jobs may differ.
        """
        wanted = _without(arguments, apart_from)
        with self._database.writing() as connection:
            alone(connection, "jobs")
            open_jobs = connection.execute(
                select(jobs).where(jobs.c.kind == kind, jobs.c.state.in_(("waiting", "running")))
            )
            for row in open_jobs:
                if _without(row.arguments, apart_from) == wanted:
                    return _job(row)
            made = connection.execute(
                insert(jobs).values(
                    kind=kind,
                    arguments=dict(arguments),
                    state="waiting",
                    progress={},
                    requested_at=now,
                )
            )
            key = made.inserted_primary_key
            return _required(connection, 0 if key is None else key[0])

    def claim(self, owner: str, *, lease: timedelta, now: datetime) -> Job | None:
        """Take the oldest waiting job, or a running one whose lease ran out; one runs at a time.

        A lease longer than two from now is of a clock that has gone back since, and has run out.
        """
        unfinished = jobs.c.state.in_(("waiting", "running"))
        # Whoever owns the index looks often; a read does not make SQLite's writers wait.
        with self._database.reading() as connection:
            if connection.scalar(select(jobs.c.job_id).where(unfinished).limit(1)) is None:
                return None
        with self._database.writing() as connection:
            alone(connection, "jobs")
            held = connection.scalar(
                select(jobs.c.job_id).where(
                    jobs.c.state == "running",
                    jobs.c.lease_until > now,
                    jobs.c.lease_until <= now + 2 * lease,
                )
            )
            if held is not None:
                return None
            job_id = connection.scalar(
                select(jobs.c.job_id).where(unfinished).order_by(jobs.c.job_id).limit(1)
            )
            if job_id is None:
                return None
            connection.execute(
                update(jobs)
                .where(jobs.c.job_id == job_id)
                .values(state="running", lease_owner=owner, lease_until=now + lease)
            )
            return _required(connection, job_id)

    def report(
        self,
        job_id: int,
        owner: str,
        progress: Mapping[str, object],
        *,
        lease: timedelta,
        now: datetime,
    ) -> bool:
        """Note progress and renew the lease; False if the job is no longer this owner's."""
        with self._database.writing() as connection:
            changed = connection.execute(
                update(jobs)
                .where(_held_by(job_id, owner))
                .values(progress=dict(progress), lease_until=now + lease)
            )
            return changed.rowcount == 1

    def last(self, kind: str) -> Job | None:
        """Look up the newest job of a kind."""
        newest = select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.job_id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else _job(row)

    def unfinished(self) -> bool:
        """Say whether a job waits or runs."""
        with self._database.reading() as connection:
            wanted = select(jobs.c.job_id).where(jobs.c.state.in_(("waiting", "running"))).limit(1)
            return connection.scalar(wanted) is not None

    def finish(
        self,
        job_id: int,
        *,
        error: str | None,
        now: datetime,
        progress: Mapping[str, object] | None = None,
        owner: str | None = None,
    ) -> None:
        """End a job, well (error None) or not; with `owner`, only if it is still that one's."""
        values: dict[str, Any] = {
            "state": "done" if error is None else "failed",
            "error": error,
            "lease_owner": None,
            "lease_until": None,
            "finished_at": now,
        }
        if progress is not None:
            values["progress"] = dict(progress)
        with self._database.writing() as connection:
            ours = jobs.c.job_id == job_id if owner is None else _held_by(job_id, owner)
            connection.execute(update(jobs).where(ours).values(values))

    def release(self, job_id: int, owner: str) -> None:
        """Give a running job back to wait, on a graceful stop."""
        with self._database.writing() as connection:
            connection.execute(
                update(jobs)
                .where(_held_by(job_id, owner))
                .values(state="waiting", lease_owner=None, lease_until=None)
            )

    def get(self, job_id: int) -> Job | None:
        """Look one up."""
        with self._database.reading() as connection:
            row = connection.execute(select(jobs).where(jobs.c.job_id == job_id)).one_or_none()
            return None if row is None else _job(row)

    def heartbeat(self, owner: str, engine: str, *, until: datetime) -> None:
        """Say that a worker for this engine lives."""
        values = {"engine": engine, "alive_until": until}
        with self._database.writing() as connection:
            connection.execute(
                upsert(connection, workers)
                .values(owner=owner, **values)
                .on_conflict_do_update(index_elements=[workers.c.owner], set_=values)
            )

    def farewell(self, owner: str) -> None:
        """Say that a worker stops."""
        with self._database.writing() as connection:
            connection.execute(delete(workers).where(workers.c.owner == owner))

    def alive(self, engine: str, *, now: datetime) -> list[str]:
        """Name the workers of an engine that live now."""
        with self._database.reading() as connection:
            found = connection.scalars(
                select(workers.c.owner)
                .where(
                    workers.c.engine == engine,
                    workers.c.alive_until > now,
                    # Later than anyone says: its clock has gone back since, or is far ahead.
                    workers.c.alive_until <= now + LONGEST_ALIVE,
                )
                .order_by(workers.c.owner)
            )
            return list(found)


def _without(arguments: Mapping[str, object], names: Collection[str]) -> dict[str, object]:
    return {name: value for name, value in arguments.items() if name not in names}


def _held_by(job_id: int, owner: str) -> ColumnElement[bool]:
    return (jobs.c.job_id == job_id) & (jobs.c.lease_owner == owner) & (jobs.c.state == "running")


def _required(connection: Connection, job_id: int) -> Job:
    return _job(connection.execute(select(jobs).where(jobs.c.job_id == job_id)).one())


def _job(row: Row[Any]) -> Job:
    return Job(
        job_id=row.job_id,
        kind=row.kind,
        arguments=row.arguments,
        state=row.state,
        progress=row.progress,
        error=row.error,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
    )
