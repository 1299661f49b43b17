"""The worker: claims work under a lease, indexes it, stamps it, and keeps what fails visible."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from indexer.batch import Indexed, Indexer
from indexer.errors import CollectionLost, CollectionUnloaded, IndexerError
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.isolation import OUTAGES
from indexer.queue import Claim, WorkQueue
from indexer.tables import EPOCH
from indexer.throttle import Throttle

log = structlog.get_logger(__name__)

CHECK_EVERY = timedelta(seconds=5)
"""How often an idle worker looks whether the collections are still there."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How the worker works.

    Attributes:
        batch: Items claimed at once, 1 or more.
        lease: How long a claim holds; a killed worker's items are taken up again after it.
        max_attempts: Failed tries after which an item is set aside.
        backoff: Wait after the first failed try; it doubles with each, up to `max_backoff`.
        poll: How often the queue is looked at when nobody wakes the worker.
        outage_wait: How long to wait when the index, SQL or a model is down.
    """

    batch: int = 32
    lease: timedelta = timedelta(seconds=60)
    max_attempts: int = 8
    backoff: timedelta = timedelta(seconds=2)
    max_backoff: timedelta = timedelta(minutes=10)
    poll: timedelta = timedelta(milliseconds=200)
    outage_wait: timedelta = timedelta(seconds=1)


class Worker:
    """Works the queue, one batch after another. `run_once` is the whole of it; `run` repeats it."""

    def __init__(
        self,
        owner: str,
        queue: WorkQueue,
        generations: Generations,
        indexer: Indexer,
        engine: str,
        settings: WorkerSettings,
        *,
        clock: Callable[[], datetime],
        throttle: Throttle | None = None,
    ) -> None:
        self._throttle = throttle or Throttle()
        self._owner = owner
        self._queue = queue
        self._generations = generations
        self._indexer = indexer
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._checked_at = EPOCH
        self._seen_at: datetime | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self.outage: str | None = None
        """Why nothing can be done at present, or None."""

    def wake(self) -> None:
        """Say that there is work, so that the worker does not wait for its next look."""
        self._wake.set()

    def stop(self) -> None:
        """End `run` after the batch in hand."""
        self._stopping.set()
        self._wake.set()

    def run(self) -> None:
        """Work until stopped, or until a collection is gone or not loaded: the caller mends that.

        Other outages are waited out.
        """
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                busy = self.run_once() > 0
                pause = self._settings.poll
            except (CollectionLost, CollectionUnloaded) as error:
                self._note_outage(str(error))
                return
            except OUTAGES as error:
                busy, pause = False, self._settings.outage_wait
                self._note_outage(str(error))
            except Exception as error:
                busy, pause = False, self._settings.outage_wait
                log.exception("worker_failed")
                self._note_outage(repr(error))
            if not busy:
                self._wake.wait(pause.total_seconds())

    def _note_outage(self, reason: str) -> None:
        if self.outage != reason:
            log.warning("worker_waits", reason=reason)
        self.outage = reason

    def run_once(self) -> int:
        """Claim a batch and index it; return how many items were claimed.

        Raises:
            StoreUnavailable, DatabaseUnavailable, ModelUnavailable, StorageFull: The items were
                released where SQL could still be reached; otherwise their lease runs out.
            CollectionLost: Also that; call again when the collection has been made anew.
        """
        targets = self._generations.writable(self._engine)
        if not targets or targets[0].state != "live":
            return 0
        now = self._clock()
        if self._seen_at is None or now < self._seen_at:
            self._pull_in(now)
        self._seen_at = now
        claims = self._queue.claim(
            self._owner, limit=self._settings.batch, lease=self._settings.lease, now=now
        )
        if claims:
            with self._paced(claims), self._held(claims):
                self._work(claims)
        elif self._clock() >= self._checked_at + CHECK_EVERY:
            self._check()
            self._checked_at = self._clock()
        self.outage = None
        return len(claims)

    def _paced(self, claims: Sequence[Claim]) -> AbstractContextManager[None]:
        """Rest after a batch of many, such as an import leaves; a new item is never in its way."""
        full = len(claims) == self._settings.batch
        return self._throttle.work(len(claims)) if full else nullcontext()

    def _pull_in(self, now: datetime) -> None:
        """See to it that nothing waits for a time of a clock that was ahead."""
        if self._seen_at is not None:
            log.warning("clock_went_back", seconds=(self._seen_at - now).total_seconds())
        self._checked_at = EPOCH
        longest = self._settings.max_backoff
        self._queue.pull_in(now=now, lease=self._settings.lease, longest=longest)

    def _check(self) -> None:
        """Raise CollectionLost if something to write to is gone."""
        missing = self._indexer.missing(self._generations.writable(self._engine))
        if missing:
            names = ", ".join(each.collection for each in missing)
            raise CollectionLost(f"{names} is gone from {self._engine} and must be made anew")

    @contextmanager
    def _held(self, claims: Sequence[Claim]) -> Iterator[None]:
        """Renew the claims' leases for as long as the work on them takes.

        A slow picture host can make a batch outlast its lease; with other workers about, it would
        go from one to the next and never be done.
        """
        over = threading.Event()
        lease = self._settings.lease

        def renew() -> None:
            while not over.wait(lease.total_seconds() / 3):
                try:
                    self._queue.renew(self._owner, claims, lease=lease, now=self._clock())
                except IndexerError as error:
                    log.warning("lease_not_renewed", reason=str(error))

        renewer = threading.Thread(target=renew, name="work-lease", daemon=True)
        renewer.start()
        try:
            yield
        finally:
            over.set()
            renewer.join()

    def _work(self, claims: Sequence[Claim]) -> None:
        # Read again after the claim: a rebuild may have begun to take writes in between.
        targets = self._generations.writable(self._engine)
        try:
            done = self._indexer.index(
                [claim.item_key for claim in claims], targets, now=self._clock()
            )
            more = self._more_than(targets)
        except OUTAGES as error:
            self._postpone_all(claims, error)
            raise
        except Exception as error:  # noqa: BLE001 - one poisonous item must not hold up the others
            self._isolate(claims, error)
        else:
            if more:
                self._queue.postpone(claims, due_at=self._clock(), reason=None, counted=False)
            else:
                self._settle(claims, done, targets[0].generation_id)

    def _more_than(self, targets: Sequence[Generation]) -> bool:
        """Whether another generation has begun to take writes since the targets were read.

        It may have read the items' vectors before this batch bettered them.
        """
        written = {each.generation_id for each in targets}
        now = self._generations.writable(self._engine)
        return any(each.generation_id not in written for each in now)

    def _postpone_all(self, claims: Sequence[Claim], error: Exception) -> None:
        due = self._clock() + self._settings.outage_wait
        self._queue.postpone(claims, due_at=due, reason=str(error), counted=False)

    def _isolate(self, claims: Sequence[Claim], error: Exception) -> None:
        """Try a failed batch item by item, so that only those that fail by themselves wait."""
        try:
            self._check()
        except OUTAGES as outage:
            self._postpone_all(claims, outage)
            raise
        if len(claims) > 1:
            for done, claim in enumerate(claims):
                try:
                    self._work([claim])
                except OUTAGES as outage:
                    self._postpone_all(claims[done + 1 :], outage)
                    raise
            return
        reason = str(error) if isinstance(error, IndexerError) else repr(error)
        log.warning("item_failed", item_key=claims[0].item_key, reason=reason, exc_info=error)
        self._fail(claims[0], reason)

    def _fail(self, claim: Claim, reason: str) -> None:
        """Count a failed try: wait and try again, or set the item aside."""
        now = self._clock()
        if claim.attempts + 1 >= self._settings.max_attempts:
            self._queue.set_aside([claim], reason=reason, now=now)
            return
        due = now + self._wait(claim.attempts)
        self._queue.postpone([claim], due_at=due, reason=reason, counted=True)

    def _wait(self, attempts: int) -> timedelta:
        doubled: timedelta = self._settings.backoff * (1 << min(attempts, 20))
        return min(doubled, self._settings.max_backoff)

    def _settle(self, claims: Sequence[Claim], done: Indexed, generation: int) -> None:
        by_key = {claim.item_key: claim for claim in claims}
        whole = [
            claim
            for key, claim in by_key.items()
            if (key in done.confirmed and key not in done.retry) or self._vanished(key, done)
        ]
        now = self._clock()
        self._queue.complete(whole, generation=generation, now=now)
        for key, reason in done.retry.items():
            if key in done.confirmed:
                self._retry_later(by_key[key], generation, reason, now)
        for key, reason in done.hopeless.items():
            if key in done.retry:
                self._fail(by_key[key], reason)
            else:
                self._queue.set_aside([by_key[key]], reason=reason, now=now)
        behind = [by_key[key] for key in done.behind]
        if behind:
            due = now + self._settings.poll
            reason = "written, but not yet visible in the index"
            self._queue.postpone(behind, due_at=due, reason=reason, counted=False)

    @staticmethod
    def _vanished(key: int, done: Indexed) -> bool:
        """Whether SQL has no such item any more: there is nothing left to do."""
        return key not in done.confirmed and key not in done.hopeless and key not in done.behind

    def _retry_later(self, claim: Claim, generation: int, reason: str, now: datetime) -> None:
        """Stamp an item searchable without its picture, and keep its row for the picture."""
        last = claim.attempts + 1 >= self._settings.max_attempts
        self._queue.complete_partly(
            claim,
            generation=generation,
            due_at=None if last else now + self._wait(claim.attempts),
            reason=reason,
            now=now,
        )
