"""The audit of the index: what SQL says of every item against what the index really holds."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from indexer.database import slices
from indexer.disagreement import fault, judged
from indexer.errors import StoreUnavailable
from indexer.faults import Check, Fault, Tally
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.mending import Progress
from indexer.queue import WorkQueue
from indexer.store import VectorStore
from indexer.testimony import Testimony, Witness

PAGE = 5_000
"""Items compared at a time: a narrow read of SQL and two strong reads of the index."""

MOST_DOUBTS = 20_000
"""Keys held in memory to be looked at again."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks at what did not agree: longer than a write and its confirmation take."""

WALKS = 3
"""Times the walk begins anew because another generation became live meanwhile."""

NAME = "items"


@dataclass(frozen=True, slots=True)
class IndexParts:
    """What an audit of the index looks at.

    Attributes:
        witness: Reads SQL.
        generations: Tell which one answers.
        queue: Takes what is to be done again.
        store: Owned or reachable.
        clock: Gives the time.
    """

    witness: Witness
    generations: Generations
    queue: WorkQueue
    store: VectorStore
    clock: Callable[[], datetime]


class IndexAudit:
    """Compares every item, changes nothing unless it is to mend, and holds a page at a time.

    Writes go on meanwhile. What does not agree is looked at again until it does, or until it has
    stood still, unclaimed, for all the looks: only then is it a fault.
    """

    def __init__(self, parts: IndexParts) -> None:
        self._parts = parts

    def run(
        self, progress: Progress, *, pause: Callable[[float], object], repair: bool = False
    ) -> Check:
        """Compare all of it.

        Args:
            progress: Told how far it is.
            pause: Waits so many seconds.
            repair: Queue again what is missing, old or not stamped; delete what nobody knows.

        Raises:
            StoreUnavailable, DatabaseUnavailable: Call again; what was mended stays so.
        """
        parts = self._parts
        for _ in range(WALKS):
            live = parts.generations.live(parts.store.engine)
            if live is None or live.geometry is None:
                return self._unindexed()
            tally = Tally(NAME)
            if live.collection not in parts.store.collections():
                gone = "it is gone from the engine; a worker makes it anew from SQL"
                tally.add(Fault("collection_gone", live.collection, gone))
                return tally.check()
            _Walk(parts, live, tally, pause, repair=repair).walk(progress)
            now = parts.generations.live(parts.store.engine)
            if now is not None and now.generation_id == live.generation_id:
                return tally.check()
        message = f"another generation became live {WALKS} times: look again when that is over"
        raise StoreUnavailable(message)

    def _unindexed(self) -> Check:
        engine = self._parts.store.engine
        if not self._parts.witness.count():
            return Check(NAME, skipped=f"nothing is indexed on {engine} yet")
        tally = Tally(NAME)
        seen = "no generation answers there: run `kindred reindex`, or set KINDRED_MILVUS_URI back"
        tally.add(Fault("no_index", engine, seen))
        return tally.check()

    def patrol(
        self, above: int | None, *, pause: Callable[[float], object]
    ) -> tuple[Check, int | None]:
        """Compare and mend one page only.

        Args:
            above: Where the page begins; None: with the first key.
            pause: Waits so many seconds.

        Returns:
            What was found, and where the next one begins.
        """
        parts = self._parts
        live = parts.generations.live(parts.store.engine)
        if live is None or live.collection not in parts.store.collections():
            return Check(NAME, skipped="there is no index"), None
        tally, doubts = Tally(NAME), set[int]()
        walk = _Walk(parts, live, tally, pause, repair=True)
        beyond, over = walk.step(above, doubts)
        walk.settle(doubts)
        return tally.check(), None if over else beyond


class _Walk:
    """One walk through one generation."""

    def __init__(
        self,
        parts: IndexParts,
        live: Generation,
        tally: Tally,
        pause: Callable[[float], object],
        *,
        repair: bool,
    ) -> None:
        self._witness = parts.witness
        self._queue = parts.queue
        self._store = parts.store
        self._clock = parts.clock
        self._pause = pause
        self._collection = live.collection
        self._models = live.models
        self._tally = tally
        self._repair = repair

    def walk(self, progress: Progress) -> None:
        """Walk through all keys, those SQL does not know included."""
        total = self._witness.count()
        above: int | None = None
        doubts: set[int] = set()
        over = False
        while not over:
            above, over = self.step(above, doubts)
            progress("comparing", self._tally.looked_at, max(total, self._tally.looked_at))
            if len(doubts) >= MOST_DOUBTS:
                self.settle(doubts)
                doubts.clear()
        self.settle(doubts)

    def step(self, above: int | None, doubts: set[int]) -> tuple[int | None, bool]:
        """Compare a page, and add to `doubts` what does not agree at first sight.

        Args:
            above: Only keys above it; None: from the first.
            doubts: Keys.

        Returns:
            Where the next page begins, and whether this was the last.
        """
        page = self._witness.page(self._models, above=above, limit=PAGE)
        up_to = page[-1].key if page else None
        doubts |= self._doubts(page, above, up_to)
        self._tally.looked_at += len(page)
        return up_to, not page

    def _doubts(
        self, page: Collection[Testimony], above: int | None, up_to: int | None
    ) -> set[int]:
        """Compare a stretch of keys; return those that do not agree at first sight."""
        known = {each.key: each for each in page}
        held = self._store.held(self._collection, above=above, up_to=up_to)
        revisions = held.revisions
        if not held.complete:
            # So many rows nobody knows that the page's own may not be among them.
            revisions = {**revisions, **self._store.revisions(self._collection, known)}
        elif held.rows > len(revisions):
            self._doubled(sorted(revisions))
        return {
            key
            for key in known.keys() | revisions.keys()
            if judged(known.get(key), revisions.get(key)) is not None
        }

    def _doubled(self, keys: list[int]) -> None:
        """Find which of these keys are there more than once, by halves."""
        if not keys:
            return
        held = self._store.held(self._collection, above=keys[0] - 1, up_to=keys[-1])
        if held.rows <= len(held.revisions):
            return
        if len(keys) > 1:
            middle = len(keys) // 2
            self._doubled(keys[:middle])
            self._doubled(keys[middle:])
            return
        name = self._name(keys[0])
        self._tally.add(Fault("doubled", name, f"the index holds it {held.rows} times"))
        if self._repair:
            self._store.delete(self._collection, keys)
            self._again(self._witness.of(keys, self._models))
            self._tally.mended["doubled"] += 1

    def settle(self, doubts: Collection[int]) -> None:
        """Look at keys again until they agree, are somebody's work, or have stood still."""
        waiting = set(doubts)
        faulty: dict[int, tuple[str, Testimony | None, int | None]] = {}
        for pause in (*PAUSES, 0.0):
            if not waiting:
                return
            faulty, moving = self._look(waiting)
            waiting = faulty.keys() | moving
            if waiting and pause:
                self._pause(pause)
        self._tally.in_flight += len(waiting) - len(faulty)
        for key, (kind, said, held) in faulty.items():
            self._tally.add(fault(kind, key, said, held))
        if self._repair:
            self._mend(faulty)

    def _look(
        self, keys: Collection[int]
    ) -> tuple[dict[int, tuple[str, Testimony | None, int | None]], set[int]]:
        """Read SQL, the index, and SQL once more.

        Returns:
            What is wrong and nobody's work, by key; and keys of which SQL changed between.
        """
        before = self._witness.of(keys, self._models)
        held = self._store.revisions(self._collection, keys)
        after = self._witness.of(keys, self._models)
        faulty = {}
        moving = set()
        for key in keys:
            said = after.get(key)
            kind = judged(said, held.get(key))
            if said != before.get(key):
                moving.add(key)
            elif said is not None and said.queued == "waiting":
                self._tally.in_flight += 1
            elif kind is not None and said is not None and said.queued == "set_aside":
                self._tally.set_aside += 1
            elif kind is not None:
                faulty[key] = kind, said, held.get(key)
        return faulty, moving

    def _mend(self, faulty: Mapping[int, tuple[str, Testimony | None, int | None]]) -> None:
        """Hand to a worker what SQL knows, and delete what it does not."""
        self._again({key: said for key, (_, said, _) in faulty.items() if said is not None})
        unknown = [key for key, (_, said, _) in faulty.items() if said is None]
        if unknown:
            self._store.delete(self._collection, unknown)
        for kind, _, _ in faulty.values():
            self._tally.mended[kind] += 1

    def _again(self, said: Mapping[int, Testimony]) -> None:
        for keys in slices(sorted(said), PAGE):
            self._queue.add({key: said[key].revision for key in keys}, now=self._clock())

    def _name(self, key: int) -> str:
        said = self._witness.of([key], {}).get(key)
        return f"key {key}" if said is None else said.item_id
