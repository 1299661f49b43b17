"""Milvus as a vector store: a Lite file, a server, or the cloud."""

import copy
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import numpy as np

from embedders.spaces import Array
from indexer.connection import PACKED, Connection
from indexer.dialect import LITE, SERVER, expression, pushed
from indexer.encoding import stored
from indexer.errors import StoreUnavailable
from indexer.filters import Filter
from indexer.graph import Graph
from indexer.messages import batches, chunks
from indexer.store import MAX_PUSHED_EXCLUSIONS, Held, Hit, Row, checked_queries, checked_rows

MAX_FOUND = 16_384
"""Rows one search or query may return."""

# The least INT64 is left out: an expression of Milvus cannot say it.
_MOST_KEY = 2**63 - 1
_LEAST_KEY = -_MOST_KEY

_POLL_SECONDS = 0.1
_MOST_EF = 32_768

DEFAULT = Graph()

_STALE = "Bounded"  # may miss the last moments; costs nothing
_STRONG = "Strong"  # waits for every write acknowledged before


class MilvusStore:
    """Collections in Milvus. Making one touches no network; the first call connects.

    Args:
        uri: Path of a Lite file, ending in ".db", or http(s)://host:port of a server or the cloud.
        token: "user:password" or an API key; None where none is needed.
        timeout: Longest a search or a ping may take.
        write_timeout: Longest a batch of writes, a strong read, or a change of a collection may
            take.
        load_timeout: Longest loading a collection may take.
        graph: How collections are built from now on, and how wide searches are.

    Raises:
        StoreRejected: If it is no such URI, or Milvus Lite cannot use the file's name.
    """

    def __init__(
        self,
        uri: str,
        token: str | None = None,
        *,
        timeout: timedelta = timedelta(seconds=2),
        write_timeout: timedelta = timedelta(seconds=30),
        load_timeout: timedelta = timedelta(minutes=10),
        graph: Graph = DEFAULT,
    ) -> None:
        self._timeout = timeout.total_seconds()
        self._write_timeout = write_timeout.total_seconds()
        self._load_timeout = load_timeout.total_seconds()
        self._graph = graph
        self._connection = Connection(uri, token)
        self._dialect = LITE if self._connection.is_lite else SERVER
        self._dimensions: dict[str, int] = {}
        # Lite deletes and inserts in two steps: two upserts of a key at once left it there twice.
        lite = self._connection.is_lite
        self._writing: AbstractContextManager[object] = threading.Lock() if lite else nullcontext()

    @property
    def engine(self) -> str:
        """What and where it is, without secrets."""
        return self._connection.engine

    def create(self, collection: str, dimensions: int, *, load: bool = True) -> None:
        """Make an empty collection; Lite loads it in any case. See `VectorStore`."""
        name = {"collection_name": collection}
        if not self._slow("has_collection", **name):
            self._slow("create_collection", **name, schema=self._connection.schema(dimensions))
        # Also for one that was there: whoever made it may have been killed before this.
        if "vector" not in self._slow("list_indexes", **name):
            self._slow("create_index", **name, index_params=self._connection.index(self._graph))
        if load or self._connection.is_lite:
            self.load(collection)

    def drop(self, collection: str) -> None:
        """Delete a collection; nothing happens if it is not there."""
        self._dimensions.pop(collection, None)
        if self._slow("has_collection", collection_name=collection):
            self._slow("drop_collection", collection_name=collection)

    def collections(self) -> list[str]:
        """Name the collections, sorted."""
        return sorted(self._quick("list_collections"))

    def load(self, collection: str) -> None:
        """Make a collection searchable; blocks for as long as that takes."""
        name = {"collection_name": collection}
        if self._connection.is_lite:
            self._connection.call("load_collection", self._load_timeout, **name)
            return
        self._slow("load_collection", **name, _async=True)
        deadline = time.monotonic() + self._load_timeout
        while self._quick("get_load_state", **name)["state"].name != "Loaded":
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"collection {collection!r} was not loaded within {self._load_timeout:g} s;"
                    " it may still be loading: try again later"
                )
            time.sleep(_POLL_SECONDS)

    def loaded(self, collection: str) -> float:
        """Tell how much of a collection is loaded, 0 to 1; Lite does not know before the end."""
        if self._connection.is_lite:
            return 0.0
        state = self._quick("get_load_state", collection_name=collection)
        return float(state.get("progress", 0 if state["state"].name != "Loaded" else 100)) / 100

    def release(self, collection: str) -> None:
        """Free a collection's memory; its rows stay. Lite loads it again when it is asked of."""
        self._slow("release_collection", collection_name=collection)

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows, the last of equal keys winning."""
        # Everything is checked before anything is sent: Lite deletes the rows that an upsert is to
        # replace before it finds fault with their successors.
        latest = {row.item.key: row for row in rows}
        checked = checked_rows(list(latest.values()), self._width(collection))
        for batch in list(batches([stored(row) for row in checked])):
            with self._writing:
                self._slow("upsert", collection_name=collection, data=batch)

    def flush(self, collection: str) -> None:
        """Seal what was written, so that a server builds its graph over it; Lite needs none."""
        if not self._connection.is_lite:
            self._slow("flush", collection_name=collection)

    def delete(self, collection: str, keys: Collection[int]) -> None:
        """Remove rows; absent keys are no error."""
        for some in chunks(sorted(set(keys))):
            with self._writing:
                self._slow("delete", collection_name=collection, filter=f"key in {some}")

    def revisions(self, collection: str, keys: Collection[int]) -> Mapping[int, int]:
        """Read what is there now, after every write acknowledged before (a strong read)."""
        found = {}
        for some in chunks(sorted(set(keys))):
            rows = self._slow(
                "query",
                collection_name=collection,
                filter=f"key in {some}",
                output_fields=["key", "revision"],
                consistency_level=_STRONG,
            )
            found.update({int(row["key"]): int(row["revision"]) for row in rows})
        return found

    def held(self, collection: str, *, above: int | None, up_to: int | None) -> Held:
        """Read which keys are there, whether asked for or not (a strong read)."""
        least = _LEAST_KEY if above is None else above + 1
        most = _MOST_KEY if up_to is None else up_to
        asked = {
            "collection_name": collection,
            "filter": f"key >= {least} and key <= {most}",
            "consistency_level": _STRONG,
        }
        # A server gives each key once, however often it is there; so rows are counted apart.
        [counted] = self._slow("query", **asked, output_fields=["count(*)"])
        found = self._slow("query", **asked, output_fields=["key", "revision"], limit=MAX_FOUND)
        return Held(
            {int(row["key"]): int(row["revision"]) for row in found},
            max(int(counted["count(*)"]), len(found)),
            complete=len(found) < MAX_FOUND,
        )

    def pushed(self, where: Filter) -> Filter:
        """Return the part of a filter the engine applies itself: equal to it, or weaker."""
        return pushed(where, self._dialect)

    def search(
        self,
        collection: str,
        queries: Array,
        *,
        limit: int,
        where: Filter,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        """Find the rows with the largest inner product among those `pushed(where)` lets through."""
        checked_queries(queries, self._width(collection), limit)
        apart, dropped = _split(exclude, limit)
        said = expression(where, self._dialect, apart)
        if said is None or not len(queries):
            return [[] for _ in queries]
        fetch = limit + len(dropped)
        found = self._quick(
            "search",
            collection_name=collection,
            data=[row.tobytes() for row in np.asarray(queries, dtype="<f4")],
            schema=PACKED,
            anns_field="vector",
            filter=said,
            limit=fetch,
            output_fields=["revision"],
            search_params={"params": {"ef": self._width_of(fetch)}},
            consistency_level=_STALE,
        )
        return [_hits(mine, dropped, limit) for mine in found]

    def graphed(self, graph: Graph) -> "MilvusStore":
        """Return this store over the same connection, building and searching as a graph says."""
        other = copy.copy(self)
        other._graph = graph  # noqa: SLF001 - of its own kind
        return other

    def _width_of(self, limit: int) -> int:
        width = self._graph.search_width
        # It is for a hundred hits: more need more, and no engine takes less than there are hits.
        return min(max(width, width * limit // 100, limit), _MOST_EF)

    def count(self, collection: str) -> int:
        """Count the rows (a strong read)."""
        [row] = self._slow(
            "query",
            collection_name=collection,
            filter="",
            output_fields=["count(*)"],
            consistency_level=_STRONG,
        )
        return int(row["count(*)"])

    def ping(self) -> str:
        """Return the engine's version, proving that it answers."""
        if self._connection.is_lite:
            self.collections()  # Lite does not tell its version.
            return f"milvus-lite {version('milvus-lite')}"
        return f"milvus {self._quick('get_server_version')}"

    def close(self) -> None:
        """Let go of the engine; a Lite file's engine process ends, and others may own the file."""
        self._connection.close()

    def _quick(self, operation: str, **arguments: object) -> Any:  # noqa: ANN401 - see Connection.call
        return self._connection.call(operation, self._timeout, **arguments)

    def _slow(self, operation: str, **arguments: object) -> Any:  # noqa: ANN401 - as above
        return self._connection.call(operation, self._write_timeout, **arguments)

    def _width(self, collection: str) -> int:
        if collection not in self._dimensions:
            described = self._quick("describe_collection", collection_name=collection)
            [vector] = [field for field in described["fields"] if field["name"] == "vector"]
            self._dimensions[collection] = int(vector["params"]["dim"])
        return self._dimensions[collection]


def _split(exclude: Collection[int], limit: int) -> tuple[list[int], frozenset[int]]:
    """Divide excluded keys into those the engine leaves out and those dropped from its answer.

    Dropping takes room in the answer, which is bounded, so more are pushed down when there is none.
    """
    keys = sorted(set(exclude))
    apart = max(MAX_PUSHED_EXCLUSIONS, len(keys) - (MAX_FOUND - limit))
    return keys[:apart], frozenset(keys[apart:])


def _hits(found: Any, dropped: frozenset[int], limit: int) -> list[Hit]:  # noqa: ANN401 - pymilvus's HybridHits, which has no types
    revisions = [each["entity"]["revision"] for each in found]
    hits = [
        Hit(key, revision, score)
        for key, revision, score in zip(found.ids, revisions, found.distances, strict=True)
        if key not in dropped
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.key))[:limit]
