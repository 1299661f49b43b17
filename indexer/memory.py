"""A vector store in memory: exact, and the measure of the real ones."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from embedders.spaces import Array
from indexer.errors import CollectionUnloaded, StoreRejected
from indexer.filters import Filter
from indexer.graph import Graph
from indexer.meaning import matches
from indexer.store import Held, Hit, Row, checked_queries, checked_rows


@dataclass(slots=True)
class _Kept:
    dimensions: int
    loaded: bool = True
    rows: dict[int, Row] = field(default_factory=dict)


class MemoryStore:
    """Collections of rows in this process; gone when it ends.

    Every row is compared with every query, and a filter applies in full: `pushed` leaves nothing
    out. For trying things out, for tests, and for catalogues of some thousand items.
    """

    def __init__(self) -> None:
        self._collections: dict[str, _Kept] = {}
        self._lock = Lock()

    @property
    def engine(self) -> str:
        """What it is."""
        return "memory:"

    def create(self, collection: str, dimensions: int, *, load: bool = True) -> None:
        """Make an empty collection; nothing happens if it is there already."""
        del load  # everything is in memory
        with self._lock:
            self._collections.setdefault(collection, _Kept(dimensions))

    def drop(self, collection: str) -> None:
        """Delete a collection; nothing happens if it is not there."""
        with self._lock:
            self._collections.pop(collection, None)

    def collections(self) -> list[str]:
        """Name the collections, sorted."""
        with self._lock:
            return sorted(self._collections)

    def load(self, collection: str) -> None:
        """Make a collection searchable."""
        with self._kept(collection) as kept:
            kept.loaded = True

    def loaded(self, collection: str) -> float:
        """Everything, always."""
        del collection
        return 1.0

    def release(self, collection: str) -> None:
        """Make a collection unsearchable; there is no memory to free."""
        with self._kept(collection) as kept:
            kept.loaded = False

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows, the last of equal keys winning; they are visible at once."""
        with self._kept(collection) as kept:
            for row in checked_rows(rows, kept.dimensions):
                kept.rows[row.item.key] = row

    def flush(self, collection: str) -> None:
        """Searches are always exact here."""
        del collection

    def delete(self, collection: str, keys: Collection[int]) -> None:
        """Remove rows; absent keys are no error."""
        with self._kept(collection) as kept:
            for key in keys:
                kept.rows.pop(key, None)

    def revisions(self, collection: str, keys: Collection[int]) -> Mapping[int, int]:
        """Read the revisions of the keys that are present."""
        with self._kept(collection) as kept:
            return {key: kept.rows[key].revision for key in keys if key in kept.rows}

    def held(self, collection: str, *, above: int | None, up_to: int | None) -> Held:
        """Read which keys are there; none can be there twice."""
        with self._kept(collection) as kept:
            revisions = {
                key: row.revision
                for key, row in kept.rows.items()
                if (above is None or key > above) and (up_to is None or key <= up_to)
            }
        return Held(revisions, len(revisions), complete=True)

    def pushed(self, where: Filter) -> Filter:
        """Return the filter: all of it is applied here."""
        return where

    def search(
        self,
        collection: str,
        queries: Array,
        *,
        limit: int,
        where: Filter,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        """Find the rows with the largest inner product among those the filter lets through."""
        with self._kept(collection) as kept:
            if not kept.loaded:
                raise CollectionUnloaded(f"collection {collection!r} is not loaded; load it first")
            checked_queries(queries, kept.dimensions, limit)
            excluded = frozenset(exclude)
            rows = [row for key, row in kept.rows.items() if key not in excluded]
        passed = [row for row in rows if matches(where, row.item)]
        if not passed:
            return [[] for _ in queries]
        scores = queries @ np.stack([row.vector for row in passed]).T
        return [_best(passed, mine, limit) for mine in scores]

    def count(self, collection: str) -> int:
        """Count the rows."""
        with self._kept(collection) as kept:
            return len(kept.rows)

    def ping(self) -> str:
        """Return the version of what computes here."""
        return f"numpy {np.__version__}"

    def graphed(self, graph: Graph) -> "MemoryStore":
        """Return itself: every row is compared."""
        del graph
        return self

    def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _kept(self, collection: str) -> Iterator[_Kept]:
        with self._lock:
            kept = self._collections.get(collection)
            if kept is None:
                raise StoreRejected(f"there is no collection {collection!r}; create it first")
            yield kept


def _best(rows: Sequence[Row], scores: Array, limit: int) -> list[Hit]:
    keys = np.array([row.item.key for row in rows])
    order = np.lexsort((keys, -scores))[:limit]
    return [Hit(rows[at].item.key, rows[at].revision, float(scores[at])) for at in order]
