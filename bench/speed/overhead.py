"""What for-you and similar cost beside the search they contain, and beside answering a constant."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bench.speed.places import Ground, bare, ground, questions, served
from bench.speed.plan import Plan
from bench.speed.probes import Bare, Call
from bench.speed.report import Goal, Report, Table
from bench.speed.timing import Spread, in_turns, ratio, spread
from bench.speed.wire import Wire, get, in_parts, saturated
from tests.service import Service

LIMIT = 20
ASKED = 100
"""People, and items, that are asked for in turn."""

CALLERS = (1, 2, 4, 8)
TRIED = (
    "What was tried: py-spy over for-you shows no single place any more; the search by pymilvus's "
    "client takes 13 % of the process's time, looking up and checking some 320 candidates 14 %, "
    "scoring them 14 %, giving places 14 %, reading the person 13 %, finding interests 13 %. "
    "Filters compiled once, vectors packed as bytes, look-ups by number instead of by tuples, "
    "candidates scored without being copied, interests cut by hand, statements compiled once and "
    "one BLAS thread took for-you from 17.5 to 12.9 ms of the process's time and similar from 4.8 "
    "to 3.4, lists unchanged (`python -m bench.speed.lists`). Later, answers written where they "
    "are made instead of on another thread. Nothing came of a shorter switch interval of the "
    "interpreter, fewer requests at once, or a parser of HTTP in C. What is left is Python's work "
    "on each candidate of five searches, of which one process does one at a time; asking for fewer "
    "would change lists."
)
ALLOWANCE = 0.005
"""Seconds beyond the bare search that are fine, where 1.5 times it is less."""


@dataclass(frozen=True, slots=True)
class Requests:
    """The same questions for the service and for the bare search, in the same order."""

    name: str
    paths: list[str]
    calls: list[Call]


def requests(at: Ground, *, count: int = ASKED) -> list[Requests]:
    """Ask for people with a history and for items all over the catalogue."""
    with contextlib.closing(questions(at)) as asked:
        people = [f"person-{number}" for number in range(count)]
        step = max(1, at.shop.size // count)
        items = [at.shop.item_id(number) for number in range(0, step * count, step)]
        mine = [(each, asked.for_you(each, limit=LIMIT)) for each in people]
        alike = [(each, asked.similar(each, limit=LIMIT)) for each in items]
    return [
        _requests("for-you", "/v1/users/{}/for-you", mine),
        _requests("similar", "/v1/items/{}/similar", alike),
    ]


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure every engine and size."""
    measured: list[Measured] = []
    for engine in plan.engines:
        for size in plan.sizes:
            say(f"overhead: {engine}, {size:,} items")
            with ground(engine, size, interactions=plan.interactions, root=plan.data) as at:
                measured += _one(at, plan)
    return _report(measured)


@dataclass(frozen=True, slots=True)
class Measured:
    """One list on one engine at one size.

    Attributes:
        queries: Vectors a search has on average.
        bare, asked, constant: Times.
        times: The list's time over its search's.
        searches: Searches a request made.
        bare_rate, rate, constant_rate: Answers a second at saturation.
        processes: Answers a second of two processes, where the engine lets there be two.
    """

    engine: str
    size: int
    name: str
    queries: float
    bare: Spread
    asked: Spread
    constant: Spread
    times: Spread
    searches: float
    bare_rate: float
    rate: float
    constant_rate: float
    processes: float | None

    @property
    def goal(self) -> float:
        """Seconds that are fine."""
        return max(1.5 * self.bare.median, self.bare.median + ALLOWANCE)

    @property
    def share(self) -> float:
        """Its throughput as a share of the bare search's."""
        return self.rate / self.bare_rate


def _one(at: Ground, plan: Plan) -> Iterator[Measured]:
    asked = requests(at)
    with served(at) as service, bare(at, service) as alone, Wire(service.port) as wire:
        constant = get("/health/live", service.port)
        raw = {
            each.name: [get(f"{path}?limit={LIMIT}", service.port) for path in each.paths]
            for each in asked
        }
        for request in (one for many in raw.values() for one in many):
            wire.ask(request)  # so that the cache of vectors is as warm as it will be
        for each in asked:
            sent = raw[each.name]
            before = searches(service)
            taken = in_turns(
                {
                    "bare": searching(alone, each.calls),
                    "asked": asking(wire, sent),
                    "constant": lambda _: wire.ask(constant),
                },
                rounds=plan.rounds,
            )
            made = (searches(service) - before) / (plan.rounds + 5)
            bare_rate, rate, constant_rate = _rates(
                [
                    partial(searching, alone, each.calls),
                    in_parts(sent, service.port),
                    in_parts([constant], service.port),
                ],
                plan.seconds,
            )
            yield Measured(
                at.name,
                at.shop.size,
                each.name,
                sum(len(call.queries) for call in each.calls) / len(each.calls),
                spread(taken["bare"]),
                spread(taken["asked"]),
                spread(taken["constant"]),
                ratio(taken["asked"], taken["bare"]),
                made,
                bare_rate,
                rate,
                constant_rate,
                _two(at, each.paths, plan.seconds) if at.name == "server" else None,
            )


def searching(alone: Bare, calls: Sequence[Call]) -> Callable[[int], object]:
    """Make a step that does one of these searches a turn."""
    return lambda number: alone.search(calls[number % len(calls)])


def asking(wire: Wire, sent: Sequence[bytes]) -> Callable[[int], object]:
    """Make a step that sends one of these requests a turn."""
    return lambda number: wire.ask(sent[number % len(sent)])


def _rates(
    callers: Sequence[Callable[[], Callable[[int], object]]], seconds: float
) -> tuple[float, ...]:
    """Find the most answers a second of each, by the number of callers that gives most."""
    return tuple(
        max(saturated(each, callers=count, seconds=seconds / 2) for count in CALLERS)
        for each in callers
    )


def _two(at: Ground, paths: Sequence[str], seconds: float) -> float:
    """Answers a second of two processes side by side, neither of which works the queue."""
    alone = {"KINDRED_WORKER": "none"}
    with served(at, alone) as one, served(at, alone) as other:
        ports = [one.port, other.port]
        sent = {port: [get(f"{path}?limit={LIMIT}", port) for path in paths] for port in ports}
        for port in ports:
            with Wire(port) as wire:
                for each in sent[port]:
                    wire.ask(each)
        places = iter(range(1_000))

        def caller() -> Callable[[int], object]:
            port = ports[next(places) % 2]
            return in_parts(sent[port], port)()

        return max(saturated(caller, callers=count, seconds=seconds / 2) for count in (2, 4, 8))


def searches(service: Service) -> float:
    """How many searches a service has made, by its own counters."""
    page = service.client.get("/metrics").text
    name = 'kindred_index_seconds_count{operation="search"}'
    found = [line for line in page.splitlines() if line.startswith(name)]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


def _requests(name: str, path: str, heard: Sequence[tuple[str, Call | None]]) -> Requests:
    """Leave out who would be asked nothing."""
    pairs = [(path.format(each), call) for each, call in heard if call is not None]
    return Requests(name, [each for each, _ in pairs], [call for _, call in pairs])


def _report(measured: Sequence[Measured]) -> Report:
    goals, measures = [], {}
    for each in measured:
        where = f"{each.name}, {each.engine}, {each.size:,}"
        goals.append(
            Goal(
                f"p50 of {where}",
                f"{each.goal * 1e3:.1f} ms",
                f"{each.asked.median * 1e3:.1f} ms",
                each.asked.median <= each.goal,
            )
        )
        goals.append(
            Goal(
                f"throughput of {where}",
                "70 % of the bare search",
                f"{each.share:.0%}",
                each.share >= 0.7,
            )
        )
        measures[f"p50 {where}"] = each.asked.median
        measures[f"bare {where}"] = each.bare.median
        measures[f"rate {where}"] = each.rate
    return Report(
        "overhead",
        "Overhead",
        "Each request over HTTP to `kindred serve`, and the search it contains (the same vectors, "
        "filter, exclusions and number of hits) by pymilvus's client on the same engine; the goal "
        "is one and a half times the search or 5 ms more, whichever is larger. The constant is "
        "`GET /health/live` of the same process. Throughput is at saturation, by the number of "
        "callers (1 to 8) that gives most, one service process; the bare search's callers are "
        "threads of one process, too.",
        tuple(goals),
        (
            Table(
                "Time of one at a time",
                (
                    "list",
                    "engine",
                    "items",
                    "vectors",
                    "bare search",
                    "over HTTP",
                    "times",
                    "constant",
                    "searches",
                ),
                tuple(
                    (
                        each.name,
                        each.engine,
                        f"{each.size:,}",
                        f"{each.queries:.1f}",
                        str(each.bare),
                        str(each.asked),
                        f"{each.times.median:.2f} ({each.times.low:.2f} to {each.times.high:.2f})",
                        str(each.constant),
                        f"{each.searches:.2f}",
                    )
                    for each in measured
                ),
            ),
            Table(
                "Answers a second at saturation",
                (
                    "list",
                    "engine",
                    "items",
                    "bare search",
                    "over HTTP",
                    "share",
                    "constant",
                    "two processes",
                ),
                tuple(
                    (
                        each.name,
                        each.engine,
                        f"{each.size:,}",
                        f"{each.bare_rate:.0f}",
                        f"{each.rate:.0f}",
                        f"{each.share:.0%}",
                        f"{each.constant_rate:.0f}",
                        "" if each.processes is None else f"{each.processes:.0f}",
                    )
                    for each in measured
                ),
            ),
        ),
        remarks=(TRIED,),
        measures=measures,
    )
