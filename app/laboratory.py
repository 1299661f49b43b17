"""A Kindred of its own, filled with what may be learned from, to be evaluated as it really answers.

Items go through the catalogue, the queue, the models and the index; answers come from the same
`Recommender` that HTTP asks. Only the folder is another, and the vector store where exact search is
wanted. On a Milvus server its collections have names of their own, and are dropped at the end.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

import structlog

from app.equipment import milvus_store
from app.evaluation.log import Log
from app.recommend.pipeline import Recommender
from app.retelling import interactions_of, items_of
from app.services import Services
from app.settings import Settings
from indexer.errors import IndexerError, JobFailed
from indexer.items import Put
from indexer.jobs import Job
from indexer.memory import MemoryStore
from indexer.timetable import request_training

logger = structlog.get_logger(__name__)

AT_ONCE = 500
LOOK_EVERY_SECONDS = 0.1

Progress = Callable[[str, int, int], None]
"""Phase, done, in all."""

Row = TypeVar("Row")


_TOLD = {"train_every": timedelta(0)}
"""What it learns it is told to: a training by itself would come at any moment."""

_NAMED = "laboratory"
"""What its collections on a Milvus server begin with."""


class _Exact(MemoryStore):
    """Every row compared with every query, in place of the store that is called so.

    SQL notes which generation answers on which engine: under the other's name, its generation is
    this one's, and the worker fills it from SQL.
    """

    def __init__(self, engine: str) -> None:
        super().__init__()
        self._engine = engine

    @property
    def engine(self) -> str:
        """In whose place."""
        return self._engine


class Laboratory:
    """A Kindred of its own; a context manager.

    Args:
        settings: Checked; its data folder is the laboratory's.
        clock: Gives the time, with an offset.
        exact: Whether every row is compared with every query, in memory, instead of the
            approximate search the settings name.
    """

    def __init__(
        self, settings: Settings, *, clock: Callable[[], datetime], exact: bool = False
    ) -> None:
        self._clock = clock
        engine = milvus_store(settings).engine
        # On a server no other can have the name: what begins with it is this one's to drop. In a
        # folder it stays the same, so that another laboratory can go on there.
        own = f"_{secrets.token_hex(8)}" if engine.startswith("server") else ""
        self._namespace = f"{_NAMED}{own}"
        self._store = _Exact(engine) if exact else None
        self._services = self._made(settings)
        self._unlearned: str | None = None

    def __enter__(self) -> Self:
        self._services.start(work=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._services.stop()
        if self.engine == "server":
            self._clear()

    def _made(self, settings: Settings) -> Services:
        own = settings.model_copy(update={**_TOLD, "namespace": self._namespace})
        # Nobody asks an index that was replaced.
        return Services(own, clock=self._clock, store=self._store, release_after=timedelta(0))

    def _clear(self) -> None:
        """Drop what it made on a server; what cannot be dropped is named in the log."""
        store = milvus_store(self._services.settings)
        try:
            for name in store.collections():
                if name.startswith(f"{self._namespace}_"):
                    store.drop(name)
        except IndexerError as error:
            # Not raised: what was found out by then would be lost.
            names = f"{self._namespace}_*"
            logger.error("laboratory_not_cleared", collections=names, reason=str(error))  # noqa: TRY400 - the reason is a sentence for people
        finally:
            store.close()

    @property
    def recommender(self) -> Recommender:
        """What answers."""
        return self._services.recommender

    def recommending(self, settings: Settings) -> Recommender:
        """What answers as other settings have it; only ranking follows them."""
        return self._services.recommending(settings)

    @property
    def engine(self) -> str:
        """What searches."""
        return "memory" if self._store is not None else self._services.engine.split(":")[0]

    @property
    def spaces(self) -> tuple[str, ...]:
        """Names of the spaces of what was filled, sorted; none before."""
        return tuple(sorted(self._services.held_spaces or ()))

    @property
    def unlearned(self) -> str | None:
        """Why nothing was learned from what people did, or None."""
        return self._unlearned

    def fill(self, train: Log, progress: Progress = lambda *_: None) -> None:
        """Write items and what may be learned from, index everything and learn; once.

        What is learned is used unless it is surely worse, as in service: see `unlearned`. An item
        without title, description and picture is called by its id, as one without any of them
        cannot be written.

        Raises:
            JobFailed: The index could not be built.
            DatabaseUnavailable, StoreUnavailable: A part is down.
        """
        self.stock(train, progress)
        self.record(train, progress)
        self._learn(progress, force=False)

    def stock(self, train: Log, progress: Progress = lambda *_: None) -> None:
        """Write and index items, and nothing of what people did; see `fill`.

        Items that are there already, with the same words and pictures, are not embedded anew.

        Raises:
            JobFailed: The index could not be built.
            DatabaseUnavailable, StoreUnavailable: A part is down.
        """
        self._write_items(train, progress)
        # Once more over everything: means and maps were fitted on what was there first.
        self._done(
            self._services.jobs.request("reindex", {"spaces": None}, now=self._clock()), progress
        )

    def resume(self, progress: Progress = lambda *_: None) -> None:
        """Answer from what an earlier laboratory left in the same folder, once that is indexed.

        Where that one searched approximately and this one searches exactly, this one makes the same
        index anew from SQL: the same models, means, and what was learned; only the search differs.

        Raises:
            DatabaseUnavailable, StoreUnavailable: A part is down.
        """
        items = self._services.catalogue.count()
        # What a collection lacks is queued before it is there, so that an empty queue is no sign.
        while self._store is not None and not self._store.collections():
            progress("indexing", 0, items)
            time.sleep(LOOK_EVERY_SECONDS)
        self._wait(items, progress)

    def advance(self, train: Log, later: Log, progress: Progress = lambda *_: None) -> None:
        """Let time pass: learn what came later, too.

        Nothing is embedded anew, as words and pictures stay; items may turn out to have been there
        earlier than was known. What was learned before answers on where the new is surely worse.

        Args:
            train: Everything that may be learned from now, of the same things.
            later: Those of its rows that are not known yet.
            progress: Told how far it is.

        Raises:
            DatabaseUnavailable, StoreUnavailable: A part is down.
        """
        self._write_items(train, progress)
        self.record(later, progress)
        self._learn(progress, force=False)

    def relearn(self, settings: Settings, progress: Progress = lambda *_: None) -> None:
        """Begin anew with other settings, over what is there, and learn as they say.

        What is learned is used whatever it is worth; if nothing can be, what was learned before
        stays: see `unlearned`. What answered so far answers no more.

        Raises:
            DatabaseUnavailable, StoreUnavailable: A part is down.
        """
        self._services.stop()
        self._services = self._made(settings)
        self._services.start(work=True)
        self._wait(0, progress)
        self._learn(progress, force=True)

    def _learn(self, progress: Progress, *, force: bool) -> None:
        job = request_training(self._services.jobs, force=force, now=self._clock())
        self._unlearned = None
        try:
            self._done(job, progress)
        except JobFailed as error:
            self._unlearned = str(error)
            logger.warning("behaviour_not_learned", reason=self._unlearned)

    def _write_items(self, train: Log, progress: Progress) -> None:
        items = items_of(train)
        for done, some in _slices(items):
            now = self._clock()
            changes = [Put(each, as_of=now) for each in some]
            self._services.catalogue.write(changes, now=now, recorded=False)
            progress("items", done, len(items))
        self._services.wake_worker()
        self._wait(len(items), progress)

    def record(self, deeds: Log, progress: Progress = lambda *_: None) -> None:
        """Write down what was done, without learning anew: lists follow it at once.

        Raises:
            DatabaseUnavailable: SQL cannot be written.
        """
        for done, rows in _slices(range(len(deeds))):
            self._services.interactions.record(interactions_of(deeds, rows), now=self._clock())
            progress("interactions", done, len(deeds))

    def _wait(self, total: int, progress: Progress) -> None:
        """Wait until everything is indexed."""
        while True:
            state = self._services.readiness(now=self._clock())
            waiting = state.queue.waiting if state.queue is not None else total
            progress("indexing", max(total - waiting, 0), total)
            if waiting == 0 and self._services.generation is not None:
                return
            time.sleep(LOOK_EVERY_SECONDS)

    def _done(self, asked: Job, progress: Progress) -> None:
        """Wait until a job is done and its generation answers."""
        jobs = self._services.jobs
        job: Job | None = asked
        while job is not None and job.state in ("waiting", "running"):
            done, total = (job.progress.get(name) for name in ("done", "total"))
            if isinstance(done, int) and isinstance(total, int):
                progress(str(job.progress.get("phase", "fitting")), done, total)
            time.sleep(LOOK_EVERY_SECONDS)
            job = jobs.get(job.job_id)
        if job is None or job.state == "failed":
            raise JobFailed((job and job.error) or "the laboratory's index could not be built")
        replaced = job.progress.get("replaced")
        while self._services.generation in (None, replaced):
            time.sleep(LOOK_EVERY_SECONDS)


def _slices(rows: Sequence[Row]) -> Iterator[tuple[int, Sequence[Row]]]:
    """Cut into batches, each with how many there are up to its end."""
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        yield start + len(some), some
