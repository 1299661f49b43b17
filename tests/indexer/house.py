"""A whole indexer in one process: real SQL, real pictures, hash embedders, any vector store."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from embedders.factory import EmbedderOptions, make
from embedders.spaces import Array, Embedder
from indexer.batch import Indexer
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generations import Generations
from indexer.images import PictureFetcher
from indexer.items import Delete, Item, Put, Receipt
from indexer.jobs import Jobs
from indexer.live import LiveIndex
from indexer.models import Models
from indexer.owner import Owner
from indexer.pipeline import Pipeline
from indexer.queue import WorkQueue
from indexer.reindex import Rebuild
from indexer.runner import JobRunner
from indexer.store import VectorStore
from indexer.vectors import KeptVectors
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
        embedder = make(specification, EmbedderOptions())
        embed = embedder.embed

        def counted(contents):  # type: ignore[no-untyped-def] # the same signature as embed
            self.embedded[specification] = self.embedded.get(specification, 0) + len(contents)
            return embed(contents)

        embedder.embed = counted  # type: ignore[method-assign] # the one thing that is watched
        return embedder


def no_prior(model: str) -> Array | None:
    del model
    return None


class House:
    """Every part of the indexer over one database and one store."""

    def __init__(
        self,
        database: Database,
        store: VectorStore,
        specifications: dict[str, str] | None = None,
        *,
        max_attempts: int = 3,
    ) -> None:
        self.clock = Clock()
        self.database = database
        self.store = store
        self.specifications = specifications or TEXT_ONLY
        self.counting = Counting()
        self.models = Models(self.counting)
        self.catalogue = Catalogue(database)
        self.queue = WorkQueue(database)
        self.generations = Generations(database)
        self.jobs = Jobs(database)
        self.kept = KeptVectors(database)
        self.fetcher = PictureFetcher(allow_private=True)
        self.pipeline = Pipeline(self.catalogue, self.kept, self.fetcher, self.models)
        self.indexer = Indexer(self.catalogue, self.pipeline, store)
        self.settings = WorkerSettings(max_attempts=max_attempts, backoff=timedelta(seconds=1))
        self.worker = self.another_worker("worker")
        self.rebuild = Rebuild(
            self.catalogue,
            self.queue,
            self.generations,
            self.kept,
            self.pipeline,
            self.indexer,
            store,
            no_prior,
            clock=self.clock,
        )
        self.runner = JobRunner(
            "runner",
            self.jobs,
            self.catalogue,
            self.generations,
            self.models,
            self.rebuild,
            store,
            self.specifications,
            clock=self.clock,
            release_after=timedelta(0),
        )
        self.owner = Owner(
            "owner",
            self.worker,
            self.runner,
            self.catalogue,
            self.queue,
            self.generations,
            self.jobs,
            self.models,
            store,
            self.specifications,
            no_prior,
            clock=self.clock,
        )
        self.live = LiveIndex(store, self.generations, self.kept, cached_items=100)

    def another_worker(self, name: str) -> Worker:
        return Worker(
            name,
            self.queue,
            self.generations,
            self.indexer,
            self.store.engine,
            self.settings,
            clock=self.clock,
        )

    def put(self, *items: Item) -> list[Receipt]:
        self.clock.pass_(timedelta(seconds=1))
        return self.catalogue.write(
            [Put(item, as_of=self.clock()) for item in items], now=self.clock()
        )

    def delete(self, item_id: str) -> Receipt:
        self.clock.pass_(timedelta(seconds=1))
        return self.catalogue.write([Delete(item_id, as_of=self.clock())], now=self.clock())[0]

    def key(self, item_id: str) -> int:
        return self.catalogue.keys_of([item_id])[item_id]

    def work(self) -> int:
        """Work until nothing is due; return how many claims that took."""
        claimed = 0
        while done := self.worker.run_once():
            claimed += done
        return claimed

    def ready(self) -> "House":
        """Make the first generation and follow it."""
        assert self.owner.prepare()
        self.live.refresh()
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
