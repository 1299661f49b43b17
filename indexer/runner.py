"""Runs jobs, one at a time, for as long as its process owns the index."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial

import structlog

from embedders.behaviour import SPACE as BEHAVIOUR
from indexer.audit import IndexAudit
from indexer.catalogue import Catalogue
from indexer.errors import (
    DatabaseUnavailable,
    IndexerError,
    JobFailed,
    StoreUnavailable,
)
from indexer.faults import Check
from indexer.generation import SpaceModel
from indexer.generations import Generations
from indexer.jobs import Job, Jobs
from indexer.lease import LEASE, Interrupted, JobLease
from indexer.mending import Progress
from indexer.models import Models
from indexer.patrol import Patrol
from indexer.reindex import Rebuild, RebuildReport
from indexer.store import VectorStore
from indexer.tables import EPOCH
from indexer.teaching import Teacher
from indexer.timetable import Timetable

log = structlog.get_logger(__name__)

THRESHOLDS = (100, 1_000, 10_000)
"""Catalogue sizes at which the means are worth fitting anew."""

POLL = timedelta(milliseconds=500)
REFIT_AGAIN_AFTER = timedelta(minutes=10)

RELEASE_AFTER = timedelta(seconds=3)
"""By then every replica has followed the swap; they look twice a second."""


class JobRunner:
    """Claims jobs and runs them. `run_once` is the whole of it; `run` repeats it."""

    def __init__(
        self,
        owner: str,
        jobs: Jobs,
        catalogue: Catalogue,
        generations: Generations,
        models: Models,
        rebuild: Rebuild,
        store: VectorStore,
        specifications: Mapping[str, str],
        *,
        clock: Callable[[], datetime],
        release_after: timedelta = RELEASE_AFTER,
        teacher: Teacher | None = None,
        timetable: Timetable | None = None,
        audit: IndexAudit | None = None,
        patrol: Patrol | None = None,
    ) -> None:
        self._audit = audit
        self._patrol = patrol
        self._teacher = teacher
        self._timetable = timetable
        self._release_after = release_after
        self._owner = owner
        self._jobs = jobs
        self._catalogue = catalogue
        self._generations = generations
        self._models = models
        self._rebuild = rebuild
        self._store = store
        self._specifications = specifications
        self._clock = clock
        self._stopping = threading.Event()
        self._refit_from = EPOCH

    def stop(self) -> None:
        """Interrupt the job in hand at its next step; it is taken up again later."""
        self._stopping.set()

    def run(self) -> None:
        """Run jobs until stopped."""
        while not self._stopping.is_set():
            busy = False
            try:
                busy = self.run_once()
                self.refit()
                self.train_when_due()
                if self._patrol is not None:
                    self._patrol.look(self._stopping.wait)
            except Interrupted:
                log.info("job_interrupted")
            except (DatabaseUnavailable, StoreUnavailable) as error:
                log.warning("jobs_wait", reason=str(error))
            except Exception:
                # A bug in one job must not end the runner for good.
                log.exception("job_runner_failed")
            if not busy:
                self._stopping.wait(POLL.total_seconds())

    def run_once(self) -> bool:
        """Run the next job to its end, if there is one; say whether there was.

        Raises:
            Interrupted: `stop` was called, or the job went to another owner.
            StoreUnavailable, DatabaseUnavailable: The job waits for another try.
        """
        job = self._jobs.claim(self._owner, lease=LEASE, now=self._clock())
        if job is None:
            return False
        log.info("job_begins", job=job.job_id, kind=job.kind)
        report = self._perform(job)
        if report is not None:
            self._retire(report)
        return True

    def _perform(self, job: Job) -> RebuildReport | None:
        try:
            with JobLease(self._jobs, job, self._owner, self._stopping, self._clock) as lease:
                report = self._do(job, lease.progress)
        except (Interrupted, DatabaseUnavailable, StoreUnavailable):
            self._jobs.release(job.job_id, self._owner)
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, IndexerError) else repr(error)
            log.warning("job_failed", job=job.job_id, reason=reason, exc_info=error)
            self._jobs.finish(job.job_id, error=reason, now=self._clock(), owner=self._owner)
            self._refit_from = self._clock() + REFIT_AGAIN_AFTER
            return None
        self._jobs.finish(
            job.job_id,
            error=None,
            now=self._clock(),
            progress=asdict(report),
            owner=self._owner,
        )
        if isinstance(report, Check):
            found = {"faults": report.found, "left": report.left}
            log.info("job_done", job=job.job_id, kind=job.kind, **found)
            return None
        log.info("job_done", job=job.job_id, kind=job.kind, **asdict(report))
        return report

    def _do(self, job: Job, progress: Progress) -> RebuildReport | Check:
        if job.kind != "audit":
            return self._build(job, progress)
        if self._audit is None:
            message = "this process cannot look at the index: it was made without what does"
            raise JobFailed(message)
        repair = job.arguments.get("repair") is True
        return self._audit.run(progress, pause=self._stopping.wait, repair=repair)

    def _build(self, job: Job, progress: Progress) -> RebuildReport:
        swapped = self._rebuild.swapped_by(job.job_id)
        if swapped is not None:  # all but the last step was done before a kill
            return swapped
        if job.kind == "rollback":
            return self._rebuild.rollback(progress, job=job.job_id)
        if job.kind == "train":
            return self._train(job, progress)
        spaces = self._spaces(job.arguments.get("spaces"))
        return self._rebuild.reindex(spaces, progress, job=job.job_id)

    def _train(self, job: Job, progress: Progress) -> RebuildReport:
        """Build what is live once more, with a behaviour space learned anew."""
        if self._teacher is None:
            message = "this process cannot learn: it was made without what people did"
            raise JobFailed(message)
        training = str(job.arguments["training"])
        behaviour = SpaceModel(BEHAVIOUR, self._teacher.dimensions, training, BEHAVIOUR)
        force = job.arguments.get("force") is True
        teach = partial(self._teacher.teach, force=force)
        live = self._generations.live(self._store.engine)
        content = self._models.spaces(self._specifications) if live is None else live.content
        return self._rebuild.reindex((*content, behaviour), progress, job=job.job_id, teach=teach)

    def _spaces(self, wanted: object) -> Sequence[SpaceModel]:
        """Choose the models to build with.

        Args:
            wanted: None: all as configured. A list: those spaces as configured, the others as they
                are live; so the empty list fits the geometry anew and embeds nothing.
        """
        live = self._generations.live(self._store.engine)
        held = () if live is None else live.spaces
        learned = tuple(each for each in held if each.space == BEHAVIOUR)
        if not isinstance(wanted, list) or live is None:
            return (*self._models.spaces(self._specifications, live=held), *learned)
        unknown = [space for space in wanted if space not in self._specifications]
        if unknown:
            known = ", ".join(self._specifications)
            message = f"no space is called {unknown[0]!r}; configured are: {known}"
            raise JobFailed(message)
        chosen = {space: self._specifications[space] for space in wanted}
        asked = self._models.spaces(chosen, live=held)
        spaces = {each.space: each for each in live.content} | {each.space: each for each in asked}
        return (*spaces.values(), *learned)

    def refit(self) -> None:
        """Ask for a rebuild when the catalogue has passed a size the means were not fitted on.

        Compared with the items there were then, not with those that could be fitted on: some never
        can be, and would have it rebuilt for ever.
        """
        # First, so that one that ends meanwhile shows in the generation read next.
        if self._jobs.unfinished():
            return
        live = self._generations.live(self._store.engine)
        if live is None or self._clock() < self._refit_from:
            return
        counted = (live.report or {}).get("counted")
        fitted_at = max(live.fitted_on, counted if isinstance(counted, int) else 0)
        if fitted_at >= THRESHOLDS[-1]:
            return
        items = self._catalogue.count()
        passed = [size for size in THRESHOLDS if fitted_at < size <= items]
        if passed:
            reason = f"the catalogue passed {passed[-1]:,} items"
            self._jobs.request("reindex", {"spaces": [], "reason": reason}, now=self._clock())

    def train_when_due(self) -> None:
        """Ask for a training when its time has come, in a process that keeps a timetable."""
        if self._timetable is not None:
            self._timetable.look()

    def _retire(self, report: RebuildReport) -> None:
        """Free the memory of the generation that was replaced, and drop those given up."""
        self._stopping.wait(self._release_after.total_seconds())
        replaced = self._generations.get(report.replaced) if report.replaced is not None else None
        if replaced is not None and replaced.state == "kept":
            self._store.release(replaced.collection)
        self._rebuild.clean()
