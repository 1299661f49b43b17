"""The parts whose time and failures an operator watches, counted as they are used."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from app.telemetry import Metrics
from embedders.items import Content
from embedders.spaces import Array, Embedded, Embedder, Space, Training
from indexer.errors import StoreError
from indexer.filters import Filter
from indexer.graph import Graph
from indexer.store import Held, Hit, Row, VectorStore

T = TypeVar("T")


class MeasuredEmbedder:
    """An embedder that counts what it reads and how long that takes."""

    def __init__(self, embedder: Embedder, metrics: Metrics) -> None:
        self._embedder = embedder
        self._metrics = metrics

    @property
    def space(self) -> Space:
        """The space this embedder fills."""
        return self._embedder.space

    @property
    def model(self) -> str:
        """Identity of model and weights."""
        return self._embedder.model

    @property
    def training(self) -> Training:
        """Where the weights come from."""
        return self._embedder.training

    @property
    def reads_pictures(self) -> bool:
        """Whether pictures matter to it."""
        return self._embedder.reads_pictures

    def source(self, content: Content) -> bytes | None:
        """Return the exact bytes `embed` would look at."""
        return self._embedder.source(content)

    def embed(self, contents: Sequence[Content]) -> Embedded:
        """Embed a batch."""
        began = time.perf_counter()
        embedded = self._embedder.embed(contents)
        self._metrics.embedded(
            self.space.name,
            present=int(embedded.present.sum()),
            broken=len(embedded.problems),
            seconds=time.perf_counter() - began,
        )
        return embedded


class MeasuredStore:
    """A vector store that counts searches, written rows, and calls that failed."""

    def __init__(self, store: VectorStore, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    @property
    def engine(self) -> str:
        """What and where it is, without secrets."""
        return self._store.engine

    def create(self, collection: str, dimensions: int, *, load: bool = True) -> None:
        """Make an empty collection."""
        self._called("create", lambda: self._store.create(collection, dimensions, load=load))

    def drop(self, collection: str) -> None:
        """Delete a collection."""
        self._called("drop", lambda: self._store.drop(collection))

    def collections(self) -> list[str]:
        """Name the collections, sorted."""
        return self._called("collections", self._store.collections)

    def load(self, collection: str) -> None:
        """Make a collection searchable."""
        self._called("load", lambda: self._store.load(collection))

    def loaded(self, collection: str) -> float:
        """Tell how much of a collection is loaded."""
        return self._called("loaded", lambda: self._store.loaded(collection))

    def release(self, collection: str) -> None:
        """Free a collection's memory."""
        self._called("release", lambda: self._store.release(collection))

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows."""
        self._called("upsert", lambda: self._store.upsert(collection, rows))
        self._metrics.wrote_rows(len(rows))

    def flush(self, collection: str) -> None:
        """Have the engine index what was written in bulk."""
        self._called("flush", lambda: self._store.flush(collection))

    def delete(self, collection: str, keys: Collection[int]) -> None:
        """Remove rows."""
        self._called("delete", lambda: self._store.delete(collection, keys))

    def revisions(self, collection: str, keys: Collection[int]) -> Mapping[int, int]:
        """Read what is there now."""
        return self._called("revisions", lambda: self._store.revisions(collection, keys))

    def held(self, collection: str, *, above: int | None, up_to: int | None) -> Held:
        """Read which keys are there."""
        return self._called("held", lambda: self._store.held(collection, above=above, up_to=up_to))

    def pushed(self, where: Filter) -> Filter:
        """Return the part of a filter the engine applies itself."""
        return self._store.pushed(where)

    def search(
        self,
        collection: str,
        queries: Array,
        *,
        limit: int,
        where: Filter,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        """Find the rows with the largest inner product."""
        return self._called(
            "search",
            lambda: self._store.search(
                collection, queries, limit=limit, where=where, exclude=exclude
            ),
        )

    def count(self, collection: str) -> int:
        """Count the rows."""
        return self._called("count", lambda: self._store.count(collection))

    def ping(self) -> str:
        """Return the engine's version, proving that it answers."""
        return self._called("ping", self._store.ping)

    def graphed(self, graph: Graph) -> VectorStore:
        """Return the store without its counters: what is tried is nobody's answer."""
        return self._store.graphed(graph)

    def close(self) -> None:
        """Let go of the engine."""
        self._store.close()

    def _called(self, operation: str, call: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            answer = call()
        except StoreError:
            self._metrics.index_failed(operation)
            raise
        self._metrics.index_answered(operation, time.perf_counter() - began)
        return answer
