"""Kindred beside plain services over other stores: the same vectors, the same requests."""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.peers.goods import Goods
from bench.speed.overhead import CALLERS, asking
from bench.speed.places import Ground, ground, questions, served
from bench.speed.plan import Plan
from bench.speed.probes import recall
from bench.speed.report import Goal, Report, Table
from bench.speed.timing import Spread, in_turns, spread
from bench.speed.wire import Wire, get, in_parts, saturated
from tests.postgres_server import running_postgres_server
from tests.service import free_port, until

LIMIT = 20
ASKED = 50
NAMES = ("pgvector", "qdrant", "lance")
ENOUGH = 0.97
LOCAL_MOST = 20_000
"""Items from which on qdrant-client itself warns of its local mode; it is left out beyond."""

WIDTHS = (40, 80, 160, 320, 640, 1_000)
"""Values of each store's own setting that are tried, the least that is enough being taken."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One service at one size.

    Attributes:
        recall: Of the 20 nearest available items.
        width: Its setting; None for Kindred, which has its own.
        asked: Times of one at a time, in turns with the others.
        rate: Answers a second at saturation.
    """

    name: str
    size: int
    recall: float
    width: int | None
    asked: Spread
    rate: float


@dataclass(frozen=True, slots=True)
class Target:
    """A service that is up: where, and what to ask of it, in the order of the items asked about."""

    name: str
    port: int
    sent: list[bytes]
    width: int | None
    recall: float


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure all sizes but the largest, all services up at once: their graphs take minutes."""
    measured: list[Measured] = []
    for size in plan.sizes[:-1] or plan.sizes:
        with contextlib.ExitStack() as stack:
            places = []
            for engine in plan.engines:
                at = stack.enter_context(
                    ground(engine, size, interactions=plan.interactions, root=plan.data)
                )
                places.append(at)
            measured += _one(places, plan, stack, say)
    return _report(measured)


def _one(
    places: Sequence[Ground],
    plan: Plan,
    stack: contextlib.ExitStack,
    say: Callable[[str], None],
) -> list[Measured]:
    shop = places[0].shop
    held = _goods(places[0])
    step = max(1, shop.size // ASKED)
    rows = list(range(0, step * ASKED, step))
    truth = _truth(held, rows)
    targets = [
        _kindred(each, held, rows, truth, stack.enter_context(served(each)).port) for each in places
    ]
    for name in NAMES:
        if name == "qdrant" and shop.size > LOCAL_MOST:
            continue
        say(f"peers: {name}, {shop.size:,} items")
        port = stack.enter_context(_peer(name, held))
        targets.append(_tuned(name, port, held, rows, truth))
    wires = {each.name: stack.enter_context(Wire(each.port)) for each in targets}
    taken = in_turns(
        {each.name: asking(wires[each.name], each.sent) for each in targets},
        rounds=plan.rounds // 2,
    )
    rates = {
        each.name: max(
            saturated(in_parts(each.sent, each.port), callers=count, seconds=plan.seconds / 2)
            for count in CALLERS
        )
        for each in targets
    }
    return [
        Measured(
            each.name,
            shop.size,
            each.recall,
            each.width,
            spread(taken[each.name]),
            rates[each.name],
        )
        for each in targets
    ]


def _goods(at: Ground) -> Goods:
    with contextlib.closing(questions(at)) as asked:
        vectors = asked.vectors(at.shop.size)
        call = asked.similar(at.shop.item_id(0), limit=LIMIT)
    if call is None:
        message = "the first item has no vector"
        raise ValueError(message)
    # What an item asks is its own vector, each space multiplied with its weight.
    own = vectors[0] != 0
    scale = np.zeros(vectors.shape[1], dtype=np.float32)
    scale[own] = call.queries[0][own] / vectors[0][own]
    items = [item for batch in at.shop.batches() for item in batch.items]
    return Goods(
        [each.item_id for each in items],
        [each.title or "" for each in items],
        np.array([each.available for each in items], dtype=np.bool_),
        vectors,
        scale,
    )


def _truth(held: Goods, rows: Sequence[int]) -> list[list[int]]:
    found = []
    for row in rows:
        scores = held.vectors @ (held.vectors[row] * held.scale)
        scores[~held.available] = -np.inf
        scores[row] = -np.inf
        best = np.argpartition(-scores, LIMIT)[:LIMIT]
        found.append(best.tolist())
    return found


def _kindred(
    at: Ground, held: Goods, rows: Sequence[int], truth: Sequence[Sequence[int]], port: int
) -> Target:
    sent = [get(f"/v1/items/{held.item_ids[row]}/similar?limit={LIMIT}", port) for row in rows]
    return Target(f"Kindred on {at.name}", port, sent, None, _recall(port, sent, held, truth))


def _tuned(
    name: str, port: int, held: Goods, rows: Sequence[int], truth: Sequence[Sequence[int]]
) -> Target:
    """Find the least width that is enough, or the widest."""
    target = None
    for width in WIDTHS:
        sent = [
            get(f"/items/{held.item_ids[row]}/similar?limit={LIMIT}&width={width}", port)
            for row in rows
        ]
        target = Target(name, port, sent, width, _recall(port, sent, held, truth))
        if target.recall >= ENOUGH:
            break
    assert target is not None, "there are widths"  # noqa: S101 - impossible
    return target


def _recall(port: int, sent: Sequence[bytes], held: Goods, truth: Sequence[Sequence[int]]) -> float:
    number = {item_id: row for row, item_id in enumerate(held.item_ids)}
    with Wire(port) as wire:
        answers: list[dict[str, Any]] = [json.loads(wire.ask(each)) for each in sent]
    found = [[number[each["item_id"]] for each in answer["items"]] for answer in answers]
    return recall(found, truth)


@contextlib.contextmanager
def _peer(name: str, held: Goods) -> Iterator[int]:
    """Fill and serve a peer in a process of its own; yield its port."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        held.save(folder)
        port = free_port()
        command = [sys.executable, "-m", "bench.peers", name, "--port", str(port)]
        command += ["--data", str(folder)]
        if name == "pgvector":
            command += ["--url", stack.enter_context(running_postgres_server()).url()]
        process = subprocess.Popen(command)
        stack.callback(_end, process)

        def answers() -> bool:
            if process.poll() is not None:
                message = f"the peer {name} ended"
                raise RuntimeError(message)
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
            except httpx.TransportError:
                return False
            return answer.status_code == 200

        until(answers, seconds=1_800, what=f"{name} answers")
        yield port


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(timeout=30)


def _report(measured: Sequence[Measured]) -> Report:
    goals = []
    for mine in measured:
        if not mine.name.startswith("Kindred"):
            continue
        for other in measured:
            if other.size == mine.size and not other.name.startswith("Kindred"):
                enough = other.recall >= ENOUGH
                goals.append(
                    Goal(
                        f"{mine.name} against {other.name}, {mine.size:,}"
                        + ("" if enough else f" (whose recall is {other.recall:.3f})"),
                        "more answers a second",
                        f"{mine.rate:.0f} against {other.rate:.0f}",
                        mine.rate > other.rate,
                    )
                )
    return Report(
        "peers",
        "Peers",
        "Twenty available items like another, over HTTP, by Kindred and by plain FastAPI services "
        "of one route (`bench/peers`) on pgvector (PostgreSQL, HNSW), qdrant-client's local mode "
        f"(exact, numpy; up to {LOCAL_MOST:,} items, from which on it warns of itself) and LanceDB "
        "(HNSW with scalar quantisation, refined), on the same vectors, each with the least "
        "setting that finds 97 % of the nearest. The peers answer with an id, a title and a score, "
        "and that is all they do: Kindred also ranks exactly, checks that items are still there, "
        "logs and counts what it showed, and gives a page to go on with.",
        tuple(goals),
        (
            Table(
                "",
                ("service", "items", "recall@20", "width", "one at a time", "answers a second"),
                tuple(
                    (
                        each.name,
                        f"{each.size:,}",
                        f"{each.recall:.3f}",
                        "" if each.width is None else f"{each.width}",
                        str(each.asked),
                        f"{each.rate:.0f}",
                    )
                    for each in measured
                ),
            ),
        ),
    )
