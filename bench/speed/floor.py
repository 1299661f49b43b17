"""The floor: the same vectors in faiss's HNSW in this process, at the recall the service needs."""

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import faiss
import numpy as np

from bench.speed.overhead import LIMIT, Requests, asking, requests, searching
from bench.speed.places import Ground, bare, ground, questions, served
from bench.speed.plan import Plan
from bench.speed.probes import Bare, Call, recall
from bench.speed.report import Goal, Report, Table
from bench.speed.timing import Spread, in_turns, ratio, spread
from bench.speed.wire import Wire, get
from embedders.spaces import Array

DEEP = 100
"""Hits that recall is measured by."""

ENOUGH = 0.97
JUDGED = 100
"""Requests whose vectors recall is measured with."""

LINKS, BUILD_EF = 16, 200
"""As Kindred builds its graph on a server."""

WIDTHS = (64, 100, 128, 200, 300, 400, 600, 800)
"""Values of efSearch that are tried, the least that is enough being taken."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One list on one engine at one size.

    Attributes:
        width: The efSearch taken.
        faiss_recall, engine_recall: At DEEP, against an exact search, nothing filtered.
        floor, bare, asked: Times of faiss, of the engine alone, and over HTTP.
        times: Over HTTP against faiss.
    """

    engine: str
    size: int
    name: str
    width: int
    faiss_recall: float
    engine_recall: float
    floor: Spread
    bare: Spread
    asked: Spread
    times: Spread


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure every engine and size."""
    measured: list[Measured] = []
    for size in plan.sizes:
        graph: faiss.IndexHNSWFlat | None = None
        for engine in plan.engines:
            say(f"floor: {engine}, {size:,} items")
            with ground(engine, size, interactions=plan.interactions, root=plan.data) as at:
                with contextlib.closing(questions(at)) as asked:
                    vectors = asked.vectors(size)
                if graph is None:
                    began = time.perf_counter()
                    graph = built(vectors)
                    say(f"floor: faiss built its graph in {time.perf_counter() - began:.0f} s")
                measured += _one(at, vectors, graph, plan)
    return _report(measured)


def built(vectors: Array) -> faiss.IndexHNSWFlat:
    """Put vectors, shape (n, d), into a graph by inner product; it is searched on one thread."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    graph = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = BUILD_EF
    graph.add(vectors)
    faiss.omp_set_num_threads(1)
    return graph


def exact(vectors: Array, queries: Array, count: int) -> list[list[int]]:
    """Find the rows of the largest inner products, best first, for queries of shape (q, d)."""
    found = []
    for scores in queries @ vectors.T:
        best = np.argpartition(-scores, min(count, len(scores) - 1))[:count]
        found.append(best[np.argsort(-scores[best])].tolist())
    return found


def _one(at: Ground, vectors: Array, graph: faiss.IndexHNSWFlat, plan: Plan) -> Sequence[Measured]:
    asked = requests(at)
    with served(at) as service, bare(at, service) as alone, Wire(service.port) as wire:
        made = []
        for each in asked:
            judged = np.concatenate([call.queries for call in each.calls])[:JUDGED]
            truth = exact(vectors, judged, DEEP)
            engine_recall = recall(_by_engine(alone, judged), truth)
            width, reached = _wide_enough(graph, judged, truth)
            sent = [get(f"{path}?limit={LIMIT}", service.port) for path in each.paths]
            for request in sent:
                wire.ask(request)
            taken = in_turns(
                {
                    "faiss": _by_faiss(graph, each, width),
                    "bare": searching(alone, each.calls),
                    "asked": asking(wire, sent),
                },
                rounds=plan.rounds,
            )
            made.append(
                Measured(
                    at.name,
                    at.shop.size,
                    each.name,
                    width,
                    reached,
                    engine_recall,
                    spread(taken["faiss"]),
                    spread(taken["bare"]),
                    spread(taken["asked"]),
                    ratio(taken["asked"], taken["faiss"]),
                )
            )
    return made


def _by_engine(alone: Bare, judged: Array) -> list[list[int]]:
    """Search with the engine, nothing filtered; rows are keys from 1."""
    return [
        [key - 1 for key in alone.search(Call(query[np.newaxis, :], "", DEEP))[0]]
        for query in judged
    ]


def _by_faiss(graph: faiss.IndexHNSWFlat, each: Requests, width: int) -> Callable[[int], object]:
    wide = faiss.SearchParametersHNSW(efSearch=width)

    def search(turn: int) -> object:
        call = each.calls[turn % len(each.calls)]
        return graph.search(call.queries, call.limit, params=wide)

    return search


def _wide_enough(
    graph: faiss.IndexHNSWFlat, judged: Array, truth: Sequence[Sequence[int]]
) -> tuple[int, float]:
    """Find the least efSearch whose recall is ENOUGH, or the last; and its recall."""
    reached = 0.0
    for width in WIDTHS:
        wide = faiss.SearchParametersHNSW(efSearch=width)
        reached = recall(graph.search(judged, DEEP, params=wide)[1].tolist(), truth)
        if reached >= ENOUGH:
            return width, reached
    return WIDTHS[-1], reached


def _report(measured: Sequence[Measured]) -> Report:
    return Report(
        "floor",
        "The floor: faiss in this process",
        f"The same vectors in faiss's HNSW graph (M {LINKS}, efConstruction {BUILD_EF}) in the "
        "benchmark's own process, without filter, network, records or ranking, with the least "
        f"efSearch that finds {ENOUGH:.0%} of the {DEEP} nearest; the engine alone; and the whole "
        "stack over HTTP, in turns. There is no goal for the distance: faiss knows no filters, "
        "keeps nothing and answers with numbers.",
        tuple(
            Goal(
                f"the engine's recall@{DEEP} of {each.name}, {each.engine}, {each.size:,}",
                f"{ENOUGH:.2f}",
                f"{each.engine_recall:.3f}",
                each.engine_recall >= ENOUGH,
            )
            for each in measured
        ),
        (
            Table(
                "Time of one at a time",
                (
                    "list",
                    "engine",
                    "items",
                    "efSearch",
                    "faiss's recall",
                    "engine's recall",
                    "faiss",
                    "engine alone",
                    "over HTTP",
                    "times faiss",
                ),
                tuple(
                    (
                        each.name,
                        each.engine,
                        f"{each.size:,}",
                        f"{each.width}",
                        f"{each.faiss_recall:.3f}",
                        f"{each.engine_recall:.3f}",
                        str(each.floor),
                        str(each.bare),
                        str(each.asked),
                        f"{each.times.median:.1f}",
                    )
                    for each in measured
                ),
            ),
        ),
    )
