"""How soon a new item is recommended: from the webhook to searchable, idle and under load."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.demo.catalogue import catalogue
from bench.freshness import SEED, Timing, engine, measure, prepare
from bench.speed.filling import clock
from bench.speed.places import QUIET
from bench.speed.plan import Plan
from bench.speed.report import Goal, Report, Table
from bench.speed.timing import Spread, spread
from bench.speed.wire import Failed, Wire, get
from tests.service import Service

CALLERS = 2
"""Who ask for lists without a pause, under load."""

GOALS = {"lite": (0.100, 0.250), "server": (1.0, 1.0)}
"""Engine to what the median and the 95th percentile may be, in seconds."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine, idle or under load.

    Attributes:
        answered, searchable: Times until the webhook was answered, and until the item's status said
            searchable.
        similar, for_you: Shares of the items that were in the next answer.
        asked: Lists a second that were answered meanwhile.
    """

    engine: str
    loaded: bool
    answered: Spread
    searchable: Spread
    similar: float
    for_you: float
    asked: float


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure every engine, idle and under load, with the real models."""
    measured: list[Measured] = []
    for name in plan.engines:
        say(f"freshness: {name}")
        measured += _one(name, plan.fresh)
    return _report(measured, plan)


def _one(name: str, count: int) -> Iterator[Measured]:
    items = catalogue(seed=SEED, now=clock())
    illustrated = [item for item in items if item.image_url is not None]
    with (
        engine(name) as settings,
        tempfile.TemporaryDirectory() as folder,
        Service(Path(folder), {**QUIET, **settings}) as service,
    ):
        prepare(service, items)
        paths = [f"/v1/items/{each.item_id}/similar" for each in items]
        for loaded in (False, True):
            first = count if loaded else 0
            with _load(service, paths if loaded else []) as asked:
                began = clock()
                timings = [
                    measure(service, illustrated[number % len(illustrated)], number)
                    for number in range(first, first + count)
                ]
                seconds = (clock() - began).total_seconds()
            yield _measured(name, timings, sum(asked) / seconds, loaded=loaded)


@contextmanager
def _load(service: Service, paths: Sequence[str]) -> Iterator[list[int]]:
    """Ask for lists without a pause from CALLERS threads; none where there are no paths.

    Yields:
        How many each has got so far.
    """
    over = threading.Event()
    counts = [0] * CALLERS
    failures: list[Exception] = []

    def ask(me: int) -> None:
        try:
            with Wire(service.port) as wire:
                while not over.is_set():
                    wire.ask(get(paths[(me + CALLERS * counts[me]) % len(paths)], service.port))
                    counts[me] += 1
        except (Failed, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(me,)) for me in range(CALLERS if paths else 0)]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def _measured(name: str, timings: Sequence[Timing], asked: float, *, loaded: bool) -> Measured:
    return Measured(
        name,
        loaded,
        spread([each.answered for each in timings]),
        spread([each.searchable for each in timings]),
        sum(each.similar for each in timings) / len(timings),
        sum(each.for_you for each in timings) / len(timings),
        asked,
    )


def _goals(each: Measured) -> Iterator[Goal]:
    median, p95 = GOALS[each.engine]
    when = "under load" if each.loaded else "idle"
    for what, goal, figure in (
        ("median", median, each.searchable.median),
        ("95th percentile", p95, each.searchable.p95),
    ):
        yield Goal(
            f"{what} until searchable, {each.engine}, {when}",
            f"{goal * 1e3:.0f} ms",
            f"{figure * 1e3:.0f} ms",
            figure <= goal,
        )


def _report(measured: Sequence[Measured], plan: Plan) -> Report:
    return Report(
        "freshness",
        "Freshness",
        f"{plan.fresh} new items with words and a picture, one after the other, each followed from "
        "its webhook until its status says searchable, and looked for in the very next answers: in "
        "similar of an item like it and in the for-you of somebody who liked that. The demo's "
        f"catalogue, the real models; under load {CALLERS} callers ask for similar items without a "
        "pause. These are times, not ratios: a machine that others use makes them longer.",
        tuple(goal for each in measured for goal in _goals(each)),
        (
            Table(
                "From the webhook",
                (
                    "engine",
                    "",
                    "answered",
                    "searchable",
                    "95th percentile",
                    "in similar at once",
                    "in for-you at once",
                    "lists a second meanwhile",
                ),
                tuple(
                    (
                        each.engine,
                        "under load" if each.loaded else "idle",
                        str(each.answered),
                        str(each.searchable),
                        f"{each.searchable.p95 * 1e3:.0f} ms",
                        f"{each.similar:.0%}",
                        f"{each.for_you:.0%}",
                        f"{each.asked:.0f}",
                    )
                    for each in measured
                ),
            ),
        ),
        (
            "Under load the callers keep the service's interpreter busy all the time, which also "
            "answers webhooks, writes them down and hands words and pictures to the models.",
        ),
    )
