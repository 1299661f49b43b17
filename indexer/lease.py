"""The hold a process has on the job that it runs."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

import structlog

from indexer.errors import IndexerError
from indexer.jobs import Job, Jobs

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=15)
REPORT_EVERY = timedelta(milliseconds=500)


class Interrupted(Exception):
    """The job was stopped or lost to another owner; it goes on later."""


class JobLease:
    """Keeps a job ours while long steps run, and passes its progress on to whoever follows it.

    A context manager: a thread of its own renews the lease until the job is left.

    Args:
        jobs: In SQL.
        job: Claimed by `owner`.
        owner: Name of this process.
        stopping: Set when the job is to be interrupted.
        clock: Gives the time.
    """

    def __init__(
        self,
        jobs: Jobs,
        job: Job,
        owner: str,
        stopping: threading.Event,
        clock: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._job = job
        self._owner = owner
        self._stopping = stopping
        self._clock = clock
        self._progress: dict[str, object] = {}
        self._lost = threading.Event()
        self._over = threading.Event()
        self._renewer = threading.Thread(target=self._renew, name="job-lease", daemon=True)

    def __enter__(self) -> Self:
        self._renewer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._renewer.join()

    def progress(self, phase: str, done: int, total: int) -> None:
        """Note how far the job is; raises Interrupted when it must stop."""
        self._progress = {"phase": phase, "done": done, "total": total}
        if self._stopping.is_set() or self._lost.is_set():
            message = f"job {self._job.job_id} was interrupted while {phase}"
            raise Interrupted(message)

    def _renew(self) -> None:
        while not self._over.wait(REPORT_EVERY.total_seconds()):
            try:
                ours = self._jobs.report(
                    self._job.job_id, self._owner, self._progress, lease=LEASE, now=self._clock()
                )
            except IndexerError as error:
                log.warning("job_report_failed", reason=str(error))
                continue
            if not ours:
                self._lost.set()
