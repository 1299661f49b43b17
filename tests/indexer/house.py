"""A whole indexer in one process: real SQL, real pictures, hash embedders, any vector store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from embedders.factory import EmbedderOptions, make
from embedders.items import Content
from embedders.spaces import Array, Embedded, Embedder
from indexer.assembly import Assembly
from indexer.database import Database
from indexer.images import PictureFetcher
from indexer.items import Delete, Item, Put, Receipt
from indexer.lessons import Lessons
from indexer.store import VectorStore
from indexer.teaching import TeachingSettings
from indexer.throttle import Throttle
from indexer.timetable import Pace
from indexer.worker import Worker, WorkerSettings

TEXT_ONLY = {"text": "hash:text:32"}
BOTH = {"text": "hash:text:32", "image": "hash:image:16"}


@dataclass
class Clock:
    """A clock that moves when told to."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Counting:
    """Makes embedders and remembers how many contents each was given."""

    embedded: dict[str, int] = field(default_factory=dict)

    def __call__(self, specification: str) -> Embedder:
        return Counted(make(specification, EmbedderOptions()), specification, self.embedded)


class Counted:
    """An embedder whose contents are counted."""

    def __init__(self, inner: Embedder, name: str, counts: dict[str, int]) -> None:
        self._inner = inner
        self._name = name
        self._counts = counts
        self.space = inner.space
        self.model = inner.model
        self.training = inner.training
        self.reads_pictures = inner.reads_pictures

    def source(self, content: Content) -> bytes | None:
        return self._inner.source(content)

    def embed(self, contents: Sequence[Content]) -> Embedded:
        self._counts[self._name] = self._counts.get(self._name, 0) + len(contents)
        return self._inner.embed(contents)


def no_prior(model: str) -> Array | None:
    del model
    return None


class House(Assembly):
    """Every part of the indexer over one database and one store, with a clock of its own."""

    def __init__(
        self,
        database: Database,
        store: VectorStore,
        specifications: dict[str, str] | None = None,
        *,
        max_attempts: int = 3,
        lessons: Lessons | None = None,
        teaching: TeachingSettings | None = None,
        pace: Pace | None = None,
        throttle: Callable[[], Throttle] = Throttle,
    ) -> None:
        self.time = Clock()
        self.counting = Counting()
        super().__init__(
            database,
            store,
            PictureFetcher(allow_private=True),
            self.counting,
            specifications or TEXT_ONLY,
            no_prior,
            cached_items=100,
            clock=self.time,
            lessons=lessons,
            teaching=teaching,
            pace=pace,
            throttle=throttle,
        )
        self.database = database
        self.lessons = lessons
        self.teaching = teaching
        self.settings = WorkerSettings(max_attempts=max_attempts, backoff=timedelta(seconds=1))
        self.first_worker = self.another_worker("worker")
        self.rebuilding = self.rebuild()
        self.jobs_runner = self.runner(
            "runner", release_after=timedelta(0), timetable=self.timetable()
        )
        self.the_owner = self.owner("owner", self.settings)

    def another_worker(self, name: str) -> Worker:
        return self.worker(name, self.settings)

    def put(self, *items: Item) -> list[Receipt]:
        self.time.pass_(timedelta(seconds=1))
        return self.catalogue.write(
            [Put(item, as_of=self.clock()) for item in items], now=self.clock()
        )

    def delete(self, item_id: str) -> Receipt:
        self.time.pass_(timedelta(seconds=1))
        return self.catalogue.write([Delete(item_id, as_of=self.clock())], now=self.clock())[0]

    def key(self, item_id: str) -> int:
        return self.catalogue.keys_of([item_id])[item_id]

    def work(self) -> int:
        """Work until nothing is due; return how many claims that took."""
        claimed = 0
        while done := self.first_worker.run_once():
            claimed += done
        return claimed

    def ready(self) -> "House":
        """Make the first generation and follow it."""
        assert self.the_owner.prepare()
        self.index.refresh()
        return self

    @property
    def collection(self) -> str:
        live = self.generations.live(self.store.engine)
        assert live is not None
        return live.collection

    def held(self, item_id: str) -> int | None:
        """The revision the live collection holds of an item."""
        key = self.key(item_id)
        return self.store.revisions(self.collection, [key]).get(key)


def quiet(phase: str, done: int, total: int) -> None:
    """Take progress and say nothing."""
    del phase, done, total
