"""Jobs: long work asked for in SQL, done by whoever owns the index, followed by anyone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from indexer.database import Database

JobState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of long work.

    Attributes:
        kind: "reindex" or "rollback".
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


class Jobs:
    """Jobs in SQL, claimed under a lease so that a killed owner's job is taken up again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request(self, kind: str, arguments: Mapping[str, object], *, now: datetime) -> Job:
        """Ask for a job; an equal one that is waiting or running is returned instead."""
        raise NotImplementedError

    def claim(self, owner: str, *, lease: timedelta, now: datetime) -> Job | None:
        """Take the oldest waiting job, or a running one whose lease ran out."""
        raise NotImplementedError

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
        raise NotImplementedError

    def finish(
        self,
        job_id: int,
        *,
        error: str | None,
        now: datetime,
        progress: Mapping[str, object] | None = None,
    ) -> None:
        """End a job, well (error None) or not."""
        raise NotImplementedError

    def release(self, job_id: int, owner: str) -> None:
        """Give a running job back to wait, on a graceful stop."""
        raise NotImplementedError

    def get(self, job_id: int) -> Job | None:
        """Look one up."""
        raise NotImplementedError

    def heartbeat(self, owner: str, engine: str, *, until: datetime) -> None:
        """Say that a worker for this engine lives."""
        raise NotImplementedError

    def farewell(self, owner: str) -> None:
        """Say that a worker stops."""
        raise NotImplementedError

    def alive(self, engine: str, *, now: datetime) -> list[str]:
        """Name the workers of an engine that live now."""
        raise NotImplementedError
