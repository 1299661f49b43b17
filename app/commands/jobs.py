"""Long work on the command line: asked for in SQL, and done here when nobody else can."""

import threading
import time
from collections.abc import Mapping

from rich.console import Console

from app.clock import utc_now
from app.commands.progress import ProgressDisplay
from app.services import Services
from indexer.errors import IndexerError, JobFailed
from indexer.jobs import Job

LOOK_EVERY_SECONDS = 0.2


def run_job(
    services: Services, console: Console, kind: str, arguments: Mapping[str, object]
) -> Job:
    """Ask for a job and follow it to its end: see `follow`."""
    return follow(services, console, services.jobs.request(kind, arguments, now=utc_now()))


def follow(services: Services, console: Console, job: Job) -> Job:
    """Follow a job to its end.

    A live worker of the engine does it; where there is none, this process opens the index and does
    it itself, so that the command works with the service running or not.

    Raises:
        JobFailed: It could not be done; the message says why.
        DatabaseUnavailable: It cannot be followed; what was asked for stays so.
    """
    here = _Here(services, console)
    with ProgressDisplay(console) as display:
        try:
            while job.state in ("waiting", "running"):
                if not services.jobs.alive(services.engine, now=utc_now()):
                    here.start()
                _show(job, display)
                time.sleep(LOOK_EVERY_SECONDS)
                job = services.jobs.get(job.job_id) or _vanished(job)
        finally:
            here.stop()
    if job.state == "failed":
        raise JobFailed(job.error or "it failed without saying why")
    return job


def _show(job: Job, display: ProgressDisplay) -> None:
    phase, done, total = (job.progress.get(name) for name in ("phase", "done", "total"))
    if isinstance(phase, str) and isinstance(done, int) and isinstance(total, int):
        display.update(phase, done, total)


def _vanished(job: Job) -> Job:
    message = f"job {job.job_id} is gone from the database"
    raise JobFailed(message)


class _Here:
    """Runs jobs in this process, from `start` to `stop`."""

    def __init__(self, services: Services, console: Console) -> None:
        self._services = services
        self._console = console
        self._runner = services.job_runner()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if that has not happened yet."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="jobs")
            self._thread.start()

    def stop(self) -> None:
        """End; a job in hand is interrupted and goes on at the next call."""
        self._stopping.set()
        self._runner.stop()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        told: str | None = None
        while not self._stopping.is_set():
            try:
                self._services.open_index()
            except IndexerError as error:  # another process has it, or it is down: wait
                if str(error) != told:
                    told = str(error)
                    self._console.print(f"waiting: {told}", highlight=False)
                self._stopping.wait(LOOK_EVERY_SECONDS)
            else:
                self._runner.run()
                return
