"""Mending: a generation is compared with SQL, and what differs is done again."""

from collections.abc import Callable, Sequence
from datetime import datetime

from indexer.batch import Indexer
from indexer.catalogue import Catalogue
from indexer.errors import JobFailed
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.isolation import sparing
from indexer.reconcile import differences
from indexer.store import VectorStore
from indexer.throttle import Throttle
from indexer.vectors import KeptVectors

AT_ONCE = 64
"""Items embedded together: their pictures are in memory together, up to 10 MB each."""

CHECK_ROUNDS = 10
"""Rounds of comparing and mending before a rebuild gives up; usually the second finds nothing.

Items the worker still has before it do not count: in a busy shop there are always some.
"""

SPARED = 10
"""Items that may fail alone, besides one in a hundred; more are hardly the items' fault."""

Progress = Callable[[str, int, int], None]
"""Called with phase, done and total; raises to end the rebuild (its owner lost the job)."""


class Mending:
    """Brings a generation that is about to be live up to what SQL says."""

    def __init__(
        self,
        catalogue: Catalogue,
        generations: Generations,
        kept: KeptVectors,
        indexer: Indexer,
        store: VectorStore,
        throttle: Throttle,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._generations = generations
        self._kept = kept
        self._indexer = indexer
        self._store = store
        self._throttle = throttle
        self._clock = clock

    def mend(self, generation: Generation, progress: Progress) -> int:
        """Do again what differs from SQL until nothing does; return how many items that were.

        What the worker still has before it is done too, but not waited for.
        """
        self._store.load(generation.collection)
        mended = 0
        for _ in range(CHECK_ROUNDS):
            done, missed = self._mend_once(generation, progress)
            mended += done
            if not missed:
                return mended
        message = (
            f"generation {generation.generation_id} still differed from the catalogue after "
            f"{CHECK_ROUNDS} rounds; the live one stays"
        )
        raise JobFailed(message)

    def catch_up(self, previous: Generation, progress: Progress) -> int:
        """Do again what was embedded since a generation was replaced; return how many items.

        A picture that was had at a later try changes no revision, so comparing does not find it.
        """
        live = self._generations.live(self._store.engine)
        if live is None or live.finished_at is None:
            return 0
        failed: list[Exception] = []
        after = mended = 0
        while keys := self._kept.embedded_since(
            previous.models, live.finished_at, after=after, limit=AT_ONCE
        ):
            mended += len(self._redo(keys, previous, failed))
            self.judge(failed)
            after = keys[-1]
            progress("checking", 0, self._catalogue.count())
        return mended

    def _mend_once(self, generation: Generation, progress: Progress) -> tuple[int, int]:
        """Compare every item once and mend those that differ.

        Returns:
            How many could be mended, and how many of those the worker had done in the live
            generation, so that this one must have missed them.
        """
        total = self._catalogue.count()
        done = mended = missed = 0
        failed: list[Exception] = []
        for page in differences(self._catalogue, self._store, generation):
            written = self._redo(sorted(page.keys), generation, failed)
            self.judge(failed)
            mended += len(written)
            missed += len(written - page.pending)
            done += page.seen
            progress("checking", min(done, total), total)
        return mended, missed

    def _redo(
        self, keys: Sequence[int], generation: Generation, failed: list[Exception]
    ) -> set[int]:
        """Index items anew; return those written, and add what failed alone to `failed`."""
        written: set[int] = set()

        def index(some: Sequence[int]) -> None:
            done = self._indexer.index(some, [generation], now=self._clock())
            written.update(done.confirmed, done.behind)

        for some in self._throttle.steps(keys, most=AT_ONCE):
            failed += sparing(some, index)
        return written

    def judge(self, failed: Sequence[Exception]) -> None:
        """Raise JobFailed if so many items failed alone that it is hardly the items' fault."""
        if not failed:
            return
        total = self._catalogue.count()
        if len(failed) > max(SPARED, total // 100) or len(failed) >= total:
            message = f"{len(failed)} of {total} items failed, one with: {failed[-1]!r}"
            raise JobFailed(message) from failed[-1]
