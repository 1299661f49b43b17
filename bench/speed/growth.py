"""What growing costs: answers, bytes, starting, and interactions written and read."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from bench.speed.filling import SERVED, clock, opened
from bench.speed.places import QUIET, Ground, copied, ground, served
from bench.speed.plan import Plan
from bench.speed.report import Goal, Report, Table, kept
from bench.speed.shop import Shop
from bench.speed.timing import processor
from bench.speed.wire import Wire, post
from tests.service import Service

AT_ONCE = 1_000
"""Interactions a request."""

STARTS = 3
MOST_TIMES = 3.0
"""What an answer over the largest shop may take, in times over the smallest."""

LEAST_A_SECOND = 3_000.0


@dataclass(frozen=True, slots=True)
class Stand:
    """One engine at one size.

    Attributes:
        records, index: Bytes an item, of SQL with its share of interactions, and of the engine.
        answering: Seconds from the start of the process until HTTP answers.
        ready: Seconds from there until the index answers, too.
        rebuilt: Seconds it took to build the index.
    """

    engine: str
    size: int
    records: float
    index: float
    answering: float
    ready: float
    rebuilt: float


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure every engine and size, then interactions."""
    stands = []
    for engine in plan.engines:
        for size in plan.sizes:
            say(f"growth: {engine}, {size:,} items")
            with ground(engine, size, interactions=plan.interactions, root=plan.data) as at:
                stands.append(_stand(at))
    say("growth: interactions")
    written, unhindered = _ingested(plan)
    read = _read(plan)
    return _report(plan, stands, written, unhindered, read)


def _stand(at: Ground) -> Stand:
    times = sorted(_started(at) for _ in range(STARTS))
    answering, ready = times[STARTS // 2]
    records = sum(each.stat().st_size for each in at.folder.glob("kindred.db*"))
    engine = at.folder / ("server" if at.name == "server" else "milvus.db")
    return Stand(
        at.name,
        at.shop.size,
        records / at.shop.size,
        _bytes(engine) / at.shop.size,
        answering,
        ready,
        at.filled.indexed.get(at.name, 0.0),
    )


def _started(at: Ground) -> tuple[float, float]:
    began = time.perf_counter()
    service = Service(at.folder, {**SERVED, **QUIET, "KINDRED_MILVUS_URI": at.uri})
    with service:
        answering = time.perf_counter() - began
        service.ready(seconds=600)
        return answering, time.perf_counter() - began


def _bytes(place: Path) -> int:
    files = [place] if place.is_file() else place.rglob("*")
    return sum(each.stat().st_size for each in files if each.is_file())


def _ingested(plan: Plan) -> tuple[float, float]:
    """Send as many interactions again to the smallest shop.

    Returns:
        How many a second, and how many a second of the service's own processor time.
    """
    with (
        copied("lite", plan.sizes[0], interactions=plan.interactions, root=plan.data) as at,
        served(at) as service,
        Wire(service.port) as wire,
    ):
        batches = list(_batches(plan))
        sent = [post("/v1/interactions", service.port, _body(each)) for each in batches]
        wire.ask(sent[0], expect=202)
        began, spent = time.perf_counter(), processor(service.pid)
        for each in sent[1:]:
            wire.ask(each, expect=202)
        took, spent = time.perf_counter() - began, processor(service.pid) - spent
    count = sum(map(len, batches[1:]))
    return count / took, count / spent


def _batches(plan: Plan) -> Iterator[list[Interaction]]:
    one = itertools.chain.from_iterable(
        Shop(plan.sizes[0]).interactions(plan.interactions, now=clock())
    )
    while batch := list(itertools.islice(one, AT_ONCE)):
        yield batch


def _body(batch: Sequence[Interaction]) -> bytes:
    return orjson.dumps(
        [
            {
                "user_id": each.user_id,
                "item_id": each.item_id,
                "type": each.kind,
                "timestamp": each.happened_at.isoformat(),
                "interaction_id": f"{each.user_id} {each.item_id} {each.happened_at.isoformat()}",
            }
            for each in batch
        ]
    )


def _read(plan: Plan) -> float:
    """Read all interactions of the smallest shop, as training does; return how many a second."""
    with ground("lite", plan.sizes[0], interactions=plan.interactions, root=plan.data) as at:
        database = opened(at.folder)
        try:
            log = Interactions(database, Popularity(database))
            after, count = 0, 0
            began = time.perf_counter()
            while page := log.page(after=after, limit=10_000):
                after, count = page[-1][0], count + len(page)
            return count / (time.perf_counter() - began)
        finally:
            database.close()


def _report(
    plan: Plan, stands: Sequence[Stand], written: float, unhindered: float, read: float
) -> Report:
    goals = [
        Goal(
            "interactions a second through HTTP on SQLite",
            f"{LEAST_A_SECOND:,.0f}",
            f"{written:,.0f}",
            written >= LEAST_A_SECOND,
        ),
        *_answers(plan),
    ]
    return Report(
        "growth",
        "Growth",
        "Answers are those of the section on overhead. Bytes are those of the files, SQL's with "
        f"{plan.interactions:,} interactions. A start is the middle one of {STARTS}: until HTTP "
        "answers, and until the index does. Interactions are sent one request of "
        f"{AT_ONCE:,} after the other to a copy of the smallest shop, each with an id of its own, "
        "and read in pages of 10,000.",
        tuple(goals),
        (
            Table(
                "Size and start",
                (
                    "engine",
                    "items",
                    "SQL, bytes an item",
                    "engine, bytes an item",
                    "HTTP answers",
                    "index answers",
                    "index built in",
                ),
                tuple(
                    (
                        each.engine,
                        f"{each.size:,}",
                        f"{each.records:,.0f}",
                        f"{each.index:,.0f}",
                        f"{each.answering:.1f} s",
                        f"{each.ready:.1f} s",
                        f"{each.rebuilt:.0f} s",
                    )
                    for each in stands
                ),
            ),
            Table(
                "Interactions",
                ("", "a second"),
                (
                    ("written through HTTP", f"{written:,.0f}"),
                    ("written, a second of the service's own time", f"{unhindered:,.0f}"),
                    ("read from SQL", f"{read:,.0f}"),
                ),
            ),
        ),
        measures={"interactions written": written, "interactions read": read},
    )


def _answers(plan: Plan) -> Iterator[Goal]:
    """Compare the largest shop with the smallest, as far as both were measured."""
    overhead = kept("overhead", plan.results)
    if overhead is None or len(plan.sizes) < 2:
        return
    for engine in plan.engines:
        for name in ("for-you", "similar"):
            small, large = (
                overhead.measures.get(f"p50 {name}, {engine}, {size:,}")
                for size in (plan.sizes[0], plan.sizes[-1])
            )
            if small is not None and large is not None:
                yield Goal(
                    f"p50 of {name}, {engine}: {plan.sizes[-1]:,} items against {plan.sizes[0]:,}",
                    f"at most {MOST_TIMES:g} times",
                    f"{large / small:.2f} times",
                    large / small <= MOST_TIMES,
                )
