"""The indexer's parts put together over one database and one vector store."""

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from embedders.factory import Resolved
from embedders.spaces import Array, Embedder
from indexer.audit import IndexAudit, IndexParts
from indexer.batch import Indexer
from indexer.breaker import Breaker
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generations import Generations
from indexer.images import PictureFetcher
from indexer.jobs import Jobs
from indexer.joined import Joiner
from indexer.judging import Judge
from indexer.learned import LearnedVectors
from indexer.lessons import Lessons
from indexer.live import LiveIndex
from indexer.models import Models
from indexer.owner import Owner
from indexer.patrol import Patrol
from indexer.pipeline import Pipeline
from indexer.questions import CACHED, PATIENCE, KeptPicture, Questions, no_pictures
from indexer.queue import WorkQueue
from indexer.reindex import Rebuild
from indexer.runner import RELEASE_AFTER, JobRunner
from indexer.store import VectorStore
from indexer.sweep import Sweep
from indexer.teaching import Teacher, TeachingSettings
from indexer.testimony import Witness
from indexer.throttle import Throttle
from indexer.timetable import Pace, Timetable
from indexer.vectors import KeptVectors
from indexer.worker import Worker, WorkerSettings


class Assembly:
    """Every part of the indexer, and what makes a process its owner.

    Args:
        database: Its schema is up to date.
        store: Not contacted here.
        fetcher: Fetches pictures.
        make: Makes an embedder of a specification.
        specifications: Space to specification, as configured, in the layout's order.
        priors: A model's identity to its shipped prior mean, or None.
        resolve: Says what a configured specification comes to here and now.
        cached_items: Items whose vectors are held in memory.
        clock: Gives the time, with an offset.
        kept_picture: Finds pictures that are asked with by their digest (SHA-256, hex).
        patience: Longest a question waits for a model.
        cached_questions: Words and pictures whose vectors are held in memory.
        namespace: What the names of collections begin with.
        lessons: What people did, to be learned from; without it nothing is.
        teaching: How that is learned.
        pace: How often.
        throttle: Makes what paces bulk work, one for each thread that does some.
        breaker: Of people's searches; another than one with the usual limits.
    """

    def __init__(
        self,
        database: Database,
        store: VectorStore,
        fetcher: PictureFetcher,
        make: Callable[[str], Embedder],
        specifications: Mapping[str, str],
        priors: Callable[[str], Array | None],
        *,
        cached_items: int,
        clock: Callable[[], datetime],
        resolve: Callable[[str], Resolved] = Resolved,
        kept_picture: KeptPicture = no_pictures,
        patience: timedelta = PATIENCE,
        cached_questions: int = CACHED,
        namespace: str | None = None,
        lessons: Lessons | None = None,
        teaching: TeachingSettings | None = None,
        pace: Pace | None = None,
        breaker: Breaker | None = None,
        throttle: Callable[[], Throttle] = Throttle,
    ) -> None:
        self._throttle = throttle
        self._lessons = lessons
        self._teaching = teaching or TeachingSettings()
        self._pace = pace or Pace()
        self.store = store
        self.specifications = specifications
        self.clock = clock
        self.catalogue = Catalogue(database, cached_items=cached_items)
        self.queue = WorkQueue(database)
        self._witness = Witness(database)
        self.generations = Generations(database, namespace)
        self.jobs = Jobs(database)
        self.kept = KeptVectors(database)
        self.learned = LearnedVectors(database)
        self.joiner = Joiner(self.learned)
        self.models = Models(make, resolve)
        self.questions = Questions(
            self.models,
            self.kept,
            kept_picture=kept_picture,
            patience=patience,
            cached=cached_questions,
        )
        self.index = LiveIndex(
            store,
            self.generations,
            self.kept,
            self.joiner,
            self.questions,
            cached_items=cached_items,
            breaker=breaker,
        )
        self.pipeline = Pipeline(self.catalogue, self.kept, fetcher, self.models)
        self.indexer = Indexer(self.catalogue, self.pipeline, self.joiner, store)
        self._priors = priors

    def worker(self, owner: str, settings: WorkerSettings) -> Worker:
        """Make a worker of the queue."""
        return Worker(
            owner,
            self.queue,
            self.generations,
            self.indexer,
            self.store.engine,
            settings,
            clock=self.clock,
            throttle=self._throttle(),
        )

    def sweep(self) -> Sweep:
        """Make what tries how the index could be built and searched."""
        return Sweep(self.catalogue, self.kept, self.joiner, self.store)

    def rebuild(self) -> Rebuild:
        """Make what builds generations."""
        return Rebuild(
            self.catalogue,
            self.queue,
            self.generations,
            self.kept,
            self.learned,
            self.joiner,
            self.pipeline,
            self.indexer,
            self.store,
            self._priors,
            clock=self.clock,
            throttle=self._throttle,
        )

    def index_audit(self) -> IndexAudit:
        """Make what compares SQL with the index."""
        parts = IndexParts(self._witness, self.generations, self.queue, self.store, self.clock)
        return IndexAudit(parts)

    def patrol(self, owner: str) -> Patrol:
        """Make what compares the index with SQL now and then."""
        return Patrol(self.index_audit(), self.jobs, self.store.engine, owner, clock=self.clock)

    def teacher(self) -> Teacher | None:
        """Make what learns from what people did, if that is known here."""
        if self._lessons is None:
            return None
        return Teacher(
            self._lessons,
            self.catalogue,
            self.generations,
            self.kept,
            self.learned,
            Judge(self.kept, self.joiner),
            self.store.engine,
            self._teaching,
            clock=self.clock,
            throttle=self._throttle,
        )

    def timetable(self) -> Timetable | None:
        """Make what asks for trainings when they are due, if there is something to learn from."""
        if self._lessons is None:
            return None
        return Timetable(
            self._lessons,
            self.generations,
            self.jobs,
            self.store.engine,
            self._pace,
            clock=self.clock,
        )

    def runner(
        self,
        owner: str,
        *,
        release_after: timedelta = RELEASE_AFTER,
        timetable: Timetable | None = None,
        patrol: Patrol | None = None,
    ) -> JobRunner:
        """Make a runner of jobs.

        Args:
            owner: Its name.
            release_after: How long a replaced generation stays in memory.
            timetable: Asks for trainings; left out by a process that stays for one job only.
            patrol: Compares the index with SQL; left out likewise.
        """
        return JobRunner(
            owner,
            self.jobs,
            self.catalogue,
            self.generations,
            self.models,
            self.rebuild(),
            self.store,
            self.specifications,
            clock=self.clock,
            release_after=release_after,
            teacher=self.teacher(),
            timetable=timetable,
            audit=self.index_audit(),
            patrol=patrol,
        )

    def owner(
        self, name: str, settings: WorkerSettings, *, release_after: timedelta = RELEASE_AFTER
    ) -> Owner:
        """Make what a process that writes the index runs; see `runner`."""
        return Owner(
            name,
            self.worker(name, settings),
            self.runner(
                name,
                release_after=release_after,
                timetable=self.timetable(),
                patrol=self.patrol(name),
            ),
            self.catalogue,
            self.queue,
            self.generations,
            self.jobs,
            self.models,
            self.store,
            self.specifications,
            self._priors,
            clock=self.clock,
        )


def owner_name() -> str:
    """Name this process so that no other has the name, now or after a restart."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
