"""The process that writes the index: its worker, its jobs, and the sign that it lives."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from embedders.fitting import prior_geometry
from embedders.layout import Layout
from embedders.spaces import Array, Space
from indexer.catalogue import Catalogue
from indexer.errors import IndexerError, ModelUnavailable
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.jobs import Jobs
from indexer.models import Models
from indexer.queue import WorkQueue
from indexer.reconcile import standings
from indexer.runner import JobRunner
from indexer.store import VectorStore
from indexer.worker import Worker

log = structlog.get_logger(__name__)

HEARTBEAT = timedelta(seconds=2)
ALIVE = timedelta(seconds=8)
"""Four heartbeats: one that is late does not look like a death."""

AGAIN = timedelta(seconds=1)


class Owner:
    """Runs a worker and a job runner in threads, after seeing to it that an index is there."""

    def __init__(
        self,
        name: str,
        worker: Worker,
        runner: JobRunner,
        catalogue: Catalogue,
        queue: WorkQueue,
        generations: Generations,
        jobs: Jobs,
        models: Models,
        store: VectorStore,
        specifications: Mapping[str, str],
        priors: Callable[[str], Array | None],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._worker = worker
        self._runner = runner
        self._catalogue = catalogue
        self._queue = queue
        self._generations = generations
        self._jobs = jobs
        self._models = models
        self._store = store
        self._specifications = specifications
        self._priors = priors
        self._clock = clock
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name="indexer", daemon=True),
            threading.Thread(target=runner.run, name="jobs", daemon=True),
            threading.Thread(target=self._beat, name="heartbeat", daemon=True),
        ]
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """Why nothing can be indexed at present, or None."""
        return self._problem or self._worker.outage

    def start(self) -> None:
        """Start the threads; returns at once."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that there is work."""
        self._worker.wake()

    def stop(self) -> None:
        """End the batch in hand, interrupt the job in hand, and say farewell."""
        self._stopping.set()
        self._worker.stop()
        self._runner.stop()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                ready = self.prepare()
            except IndexerError as error:
                ready = self._waits(str(error))
            except Exception as error:
                log.exception("index_not_prepared")
                ready = self._waits(repr(error))
            if ready:
                self._problem = None
                self._worker.run()
            self._stopping.wait(AGAIN.total_seconds())

    def _waits(self, problem: str) -> bool:
        if problem != self._problem:
            log.warning("index_waits", reason=problem)
        self._problem = problem
        return False

    def prepare(self) -> bool:
        """See to it that a live generation is there, loaded, and its models with it.

        Returns:
            False when the catalogue was indexed on another engine and waits for `kindred reindex`.

        Raises:
            StoreUnavailable, DatabaseUnavailable, ModelUnavailable: Call again.
        """
        live = self._generations.live(self._store.engine) or self._first()
        if live is None:
            return self._waits(
                f"the catalogue is not indexed on {self._store.engine} yet: run `kindred reindex`"
            )
        there = self._store.collections()
        if live.collection in there:
            self._store.load(live.collection)
        else:
            self._restore(live)
        for other in self._generations.writable(self._store.engine):
            # Its rebuild fills it; without it, every batch of the worker would fail.
            if other.collection not in there:
                self._create(other)
        for space in live.content:
            self._warm(space.specification)
        return True

    def _warm(self, specification: str) -> None:
        """Load a model now rather than at the first item; the worker says so if it cannot be."""
        try:
            self._models.named(specification)
        except ModelUnavailable as error:
            log.warning("model_unavailable", reason=str(error))

    def _first(self) -> Generation | None:
        """Make the first generation, unless there is one elsewhere to be rebuilt here."""
        if self._generations.all():
            # Perhaps another process has just made it, since the look for a live one.
            return self._generations.live(self._store.engine)
        spaces = self._models.spaces(self._specifications)
        layout = Layout(tuple(Space(each.space, each.dimensions) for each in spaces))
        priors = {
            each.space: prior for each in spaces if (prior := self._priors(each.model)) is not None
        }
        return self._generations.start(
            self._store.engine,
            spaces,
            geometry=prior_geometry(layout, priors).to_bytes(),
            live=True,
            now=self._clock(),
        )

    def _restore(self, live: Generation) -> None:
        """Make the live collection anew and queue every item: SQL is the truth, Milvus a copy."""
        lost = 0
        # Before it is there: a kill in between leaves it missing, and all is queued once more.
        for page in standings(self._catalogue):
            there = {item.key: item.revision for item in page if not item.deleted}
            self._queue.add(there, now=self._clock())
            lost += len(there)
        self._create(live)
        if lost:
            log.warning("index_lost", collection=live.collection, items_queued=lost)

    def _create(self, generation: Generation) -> None:
        self._store.create(generation.collection, generation.dimensions)

    def _beat(self) -> None:
        while True:
            try:
                self._jobs.heartbeat(self.name, self._store.engine, until=self._clock() + ALIVE)
            except IndexerError as error:
                log.warning("heartbeat_failed", reason=str(error))
            if self._stopping.wait(HEARTBEAT.total_seconds()):
                break
        try:
            self._jobs.farewell(self.name)
        except IndexerError as error:
            log.warning("farewell_failed", reason=str(error))
