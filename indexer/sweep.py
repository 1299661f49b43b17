"""What an index finds, and how soon: searches of several widths against an exact one."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import numpy as np

from embedders.spaces import Array
from indexer.catalogue import Catalogue
from indexer.filters import EVERYTHING
from indexer.generation import Generation
from indexer.graph import Graph
from indexer.joined import Joiner
from indexer.mending import Progress
from indexer.store import Row, VectorStore
from indexer.vectors import KeptVectors

DEEP = 100
"""Hits that recall is measured by."""

CLOSE = 1e-5
"""Scores nearer than this are the same: engines sum in another order, and ties are all right."""

PAGE = 512
ROUNDS = 3
"""Times each search is done, the quickest counting: others on the machine only make it slower."""

SCRATCH = "tuning"
"""What stands in a scratch collection's name after the generation's."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A graph, and what searching it came to.

    Attributes:
        recall: Mean share of the DEEP nearest, or ones as near, that were found, 0 to 1.
        seconds: Of a search for one vector, the median of the sample.
    """

    graph: Graph
    recall: float
    seconds: float


class Sweep:
    """Tries graphs on the vectors of the live generation; changes nothing that is searched.

    A graph that is built in another way than the live one gets a scratch collection, dropped
    afterwards.
    """

    def __init__(
        self, catalogue: Catalogue, kept: KeptVectors, joiner: Joiner, store: VectorStore
    ) -> None:
        self._catalogue = catalogue
        self._kept = kept
        self._joiner = joiner
        self._store = store

    def run(
        self,
        live: Generation,
        weights: Mapping[str, float],
        built: Sequence[Graph],
        widths: Sequence[int],
        *,
        sample: int,
        progress: Progress,
    ) -> list[Tried]:
        """Search every graph at every width.

        Args:
            live: The generation.
            weights: Space to weight, by which items are alike.
            built: Graphs; the first one is the live collection's, the others are built.
            widths: Values of `Graph.search_width`.
            sample: Items that are searched with.
            progress: Told how far it is.

        Returns:
            In the order of `built` and `widths`; empty where there are no items.

        Raises:
            StoreUnavailable, StoreRejected, DatabaseUnavailable: As searching and reading do.
        """
        keys = self._catalogue.sample(sample)
        queries = self._queries(live, keys, weights)
        if not len(queries):
            return []
        truth = self._nearest(live, queries, progress)
        tried: list[Tried] = []
        for number, graph in enumerate(built):
            there = nullcontext(live.collection)
            with self._scratch(live, graph, progress) if number else there as collection:
                for width in widths:
                    progress("searching", len(tried), len(built) * len(widths))
                    one = replace(graph, search_width=width)
                    tried.append(self._tried(collection, one, queries, truth))
        return tried

    @contextmanager
    def _scratch(self, live: Generation, graph: Graph, progress: Progress) -> Iterator[str]:
        """Give a collection that is built as a graph says, and drop it afterwards."""
        collection = f"{live.collection}_{SCRATCH}"
        try:
            self._fill(live, collection, graph, progress)
            yield collection
        finally:
            self._store.drop(collection)

    def _queries(
        self, live: Generation, keys: Sequence[int], weights: Mapping[str, float]
    ) -> Array:
        layout = self._joiner.joining(live).layout
        raw = self._kept.of_items(keys, live.models)
        made = self._joiner.join(live, {key: held.vectors for key, held in raw.items()})
        if not made.keys:
            return np.zeros((0, layout.dimensions), dtype=np.float32)
        asked = layout.query(made.vectors.candidates, weights)
        said: Array = asked[asked.any(axis=1)]
        return said

    def _rows(self, live: Generation) -> Iterator[list[Row]]:
        for page in self._catalogue.pages(limit=PAGE):
            raw = self._kept.of_items([each.key for each in page], live.models)
            yield self._joiner.kept_rows(live, page, raw)

    def _nearest(
        self, live: Generation, queries: Array, progress: Progress
    ) -> list[tuple[float, int]]:
        """Compare every item with every query, a page at a time.

        Returns:
            A query's least score among its DEEP nearest, and how many those are.
        """
        total = self._catalogue.count()
        best = np.full((len(queries), DEEP), -np.inf, dtype=np.float32)
        done = 0
        for rows in self._rows(live):
            progress("comparing", done, total)
            done += len(rows)
            if rows:
                scores = queries @ np.stack([row.vector for row in rows]).T
                best = np.partition(np.hstack([best, scores]), -DEEP, axis=1)[:, -DEEP:]
        there = np.isfinite(best)
        least = np.where(there, best, np.inf).min(axis=1)
        return list(zip(least.tolist(), there.sum(axis=1).tolist(), strict=True))

    def _fill(self, live: Generation, collection: str, graph: Graph, progress: Progress) -> None:
        store = self._store.graphed(graph)
        store.create(collection, live.dimensions)
        total = self._catalogue.count()
        done = 0
        for rows in self._rows(live):
            progress(f"building {graph.links} links, {graph.build_width} wide", done, total)
            store.upsert(collection, rows)
            done += len(rows)
        store.flush(collection)
        store.load(collection)

    def _tried(
        self, collection: str, graph: Graph, queries: Array, truth: Sequence[tuple[float, int]]
    ) -> Tried:
        store = self._store.graphed(graph)
        shares, times = [], []
        for query, (least, count) in zip(queries, truth, strict=True):
            taken = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                [hits] = store.search(
                    collection, query[np.newaxis, :], limit=DEEP, where=EVERYTHING
                )
                taken.append(time.perf_counter() - began)
            shares.append(sum(hit.score >= least - CLOSE for hit in hits) / count)
            times.append(min(taken))
        return Tried(graph, float(np.mean(shares)), float(np.median(times)))


def chosen(tried: Sequence[Tried], *, recall: float) -> Tried | None:
    """Choose the quickest that finds enough; where none does, the one that finds most.

    Ties go to the narrower search and the smaller graph.
    """
    if not tried:
        return None

    def cost(each: Tried) -> tuple[float, int, int, int]:
        graph = each.graph
        return each.seconds, graph.search_width, graph.links, graph.build_width

    enough = [each for each in tried if each.recall >= recall]
    if enough:
        return min(enough, key=cost)
    return min(tried, key=lambda each: (-each.recall, *cost(each)))
