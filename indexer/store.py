"""The interface of a vector store: what Kindred needs of Milvus, and nothing more."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from embedders.spaces import Array
from indexer.errors import StoreRejected
from indexer.filters import Filter, Filterable
from indexer.graph import Graph

MAX_PUSHED_EXCLUSIONS = 2_000
"""Excluded keys beyond this are dropped after the search.

With four queries over 20,000 rows, 2,000 keys cost 12 to 21 ms pushed down and 52 to 60 ms dropped
afterwards; 5,000 pushed down cost 80 ms.
"""

MAX_LIMIT = 1_000
"""Hits one search may ask for, a query."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item as the index holds it.

    Attributes:
        revision: SQL's revision of the content the vector was made from.
        vector: Shape (d,), float32, the joined candidate vector.
        item: What filters can see, its `key` being the primary key.
    """

    revision: int
    vector: Array
    item: Filterable


class Hit(NamedTuple):
    """A found item: its key, the revision the index holds, and the inner product."""

    key: int
    revision: int
    score: float


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of a stretch of keys, as an audit sees them.

    Attributes:
        revisions: Key to revision; of a key that is there twice, either.
        rows: How many rows there are; more than keys where one is there twice.
        complete: False where there are more rows than one read takes, so that keys are left out.
    """

    revisions: Mapping[int, int]
    rows: int
    complete: bool


class VectorStore(Protocol):
    """Collections of rows searched by inner product.

    Every method raises StoreUnavailable when the engine is down or slower than its time-out, and
    StoreRejected when it refuses the request; none waits without bound. Safe for many threads.
    """

    @property
    def engine(self) -> str:
        """What and where it is, without secrets: "lite:/path/to/file", "server:http://host:port"."""
        ...

    def create(self, collection: str, dimensions: int, *, load: bool = True) -> None:
        """Make an empty collection; nothing happens if it is there already.

        Args:
            collection: Its name.
            dimensions: Of its vectors.
            load: Whether it can be read at once. One that cannot takes writes and deletions, and
                costs searches of others less: what is loaded is indexed as it is written.
        """
        ...

    def drop(self, collection: str) -> None:
        """Delete a collection; nothing happens if it is not there."""
        ...

    def collections(self) -> list[str]:
        """Name the collections, sorted."""
        ...

    def load(self, collection: str) -> None:
        """Make a collection searchable; blocks for as long as that takes: long, for a large one."""
        ...

    def loaded(self, collection: str) -> float:
        """Tell how much of a collection `load` has loaded, 0 to 1; 0 also where that is unknown."""
        ...

    def release(self, collection: str) -> None:
        """Free a collection's memory; its rows stay."""
        ...

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows, the last of equal keys winning. Returning means durable, not yet visible."""
        ...

    def flush(self, collection: str) -> None:
        """Have the engine index what was written in bulk, so that searches are exact.

        A server answers from a coarse index until then: narrow filters found 6 to 19 of 100 rows.
        """
        ...

    def delete(self, collection: str, keys: Collection[int]) -> None:
        """Remove rows; absent keys are no error."""
        ...

    def revisions(self, collection: str, keys: Collection[int]) -> Mapping[int, int]:
        """Read what is there now, after every write acknowledged before (a strong read).

        Returns:
            Key to revision, for the keys that are present.
        """
        ...

    def held(self, collection: str, *, above: int | None, up_to: int | None) -> Held:
        """Read which keys are there, whether asked for or not (a strong read).

        Args:
            collection: A loaded one.
            above: Only keys above it; None: from the least there can be.
            up_to: Only keys up to it; None: to the largest there can be.
        """
        ...

    def pushed(self, where: Filter) -> Filter:
        """Return the part of a filter the engine applies itself: equal to it, or weaker."""
        ...

    def search(
        self,
        collection: str,
        queries: Array,
        *,
        limit: int,
        where: Filter,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        """Find the rows with the largest inner product among those `pushed(where)` lets through.

        `item_id` leaves must have been turned into keys (`indexer.filters.bound`); one that was not
        is left out. Excluded keys are never returned.

        Args:
            collection: A loaded collection.
            queries: Shape (q, d), float32.
            limit: Hits wanted a query, 1 to 1,000.
            where: A checked filter.
            exclude: Keys that must not be returned.

        Returns:
            One list a query, best first, ties by key; shorter than `limit` when there are fewer.
        """
        ...

    def count(self, collection: str) -> int:
        """Count the rows (a strong read)."""
        ...

    def ping(self) -> str:
        """Return the engine's version, proving that it answers."""
        ...

    def graphed(self, graph: Graph) -> "VectorStore":
        """Return this store over the same connection, building and searching as a graph says.

        Closing either closes both; an engine without graphs gives itself.
        """
        ...

    def close(self) -> None:
        """Let go of the engine."""
        ...


def checked_rows(rows: Sequence[Row], dimensions: int) -> Sequence[Row]:
    """Return the rows, or raise StoreRejected: a vector must be finite and of the right length."""
    for row in rows:
        if row.vector.shape != (dimensions,) or not np.isfinite(row.vector).all():
            raise StoreRejected(
                f"the vector of item {row.item.item_id!r} must be {dimensions} finite numbers; its"
                f" shape is {row.vector.shape}. Trying again does not help."
            )
    return rows


def checked_queries(queries: Array, dimensions: int, limit: int) -> Array:
    """Return the queries, or raise StoreRejected if they or `limit` are not as `search` says."""
    if not 1 <= limit <= MAX_LIMIT:
        raise StoreRejected(f"a search finds 1 to {MAX_LIMIT} items, not {limit}")
    if queries.ndim != 2 or queries.shape[1] != dimensions or not np.isfinite(queries).all():
        raise StoreRejected(
            f"queries must be rows of {dimensions} finite numbers; their shape is {queries.shape}"
        )
    return queries
