"""One soak: everybody at once, faults in the first part, quiet in the second, and the verdict."""

import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.machine import describe
from bench.soak import ledger as ledgers
from bench.soak.calls import Caller
from bench.soak.faults import Faults
from bench.soak.ledger import Ledger
from bench.soak.memory import Memory
from bench.soak.people import Mischief, Reader, Visitor, kept_up
from bench.soak.report import Report
from bench.soak.shop import Backend
from bench.soak.stage import Stage
from bench.soak.tape import Tape
from tests.service import until

FAULTY = 0.5
"""Share of the time in which things are broken; after it, they are let be."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how much, and how often what is broken.

    Attributes:
        seconds: Of traffic.
        items: There at the start.
        readers, writers, visitors: Threads of each.
        kills: Of the service; a Milvus server is killed half as often.
        seed: Decides what is asked, written and done.
    """

    seconds: float = 600.0
    items: int = 5_000
    readers: int = 4
    writers: int = 2
    visitors: int = 2
    kills: int = 4
    seed: int = 7


class Soak:
    """One run against a stage."""

    def __init__(self, stage: Stage, engine: str, plan: Plan, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._engine = engine
        self._plan = plan
        self._say = say
        self._tape = Tape()
        self._faults = Faults()
        self._ledger = Ledger()
        self._over = threading.Event()
        self._memory = Memory(stage.pid)
        self._failures: list[str] = []

    def run(self) -> Report:
        """Run it, wait until everything written is searchable, and judge.

        Raises:
            RuntimeError: A thread of the benchmark itself failed.
            TimeoutError: What was written did not become searchable.
        """
        plan = self._plan
        with ExitStack() as stack:
            callers = iter(lambda: self._caller(stack), None)
            first = Backend(next(callers), self._ledger, "first", plan.seed, room=plan.items)
            first.fill(plan.items)
            self._say(f"{plan.items} items are there")
            threads = [
                threading.Thread(target=self._guarded, args=(step, pause), name=name)
                for name, step, pause in self._everybody(callers)
            ]
            self._memory.start()
            began = time.monotonic()
            for thread in threads:
                thread.start()
            self._break(began)
            quiet = time.monotonic()
            self._say("quiet from here on")
            self._rest(began, quiet)
            ended = time.monotonic()
            self._over.set()
            for thread in threads:
                thread.join()
            self._memory.stop()
            if self._failures:
                raise RuntimeError("; ".join(self._failures))
            return self._judged(began, quiet, ended)

    def _caller(self, stack: ExitStack) -> Caller:
        caller = Caller(self._stage.service.url, self._tape, self._faults, self._over)
        stack.callback(caller.close)
        return caller

    def _everybody(
        self, callers: Iterator[Caller]
    ) -> Iterator[tuple[str, Callable[[], None], float]]:
        plan, ledger = self._plan, self._ledger
        items = [f"first-{number}" for number in range(1, plan.items + 1)]
        for n in range(plan.readers):
            yield f"reader {n}", Reader(next(callers), items, plan.seed + n).step, 0.0
        for n in range(plan.writers):
            backend = Backend(next(callers), ledger, f"shop{n}", plan.seed + n)
            yield f"backend {n}", backend.step, 0.1
        for n in range(plan.visitors):
            visitor = Visitor(next(callers), ledger, items, f"visit{n}", plan.seed + n)
            yield f"visitor {n}", visitor.step, 0.05
        yield "mischief", Mischief(next(callers), plan.seed).step, 0.5

    def _guarded(self, step: Callable[[], None], pause: float) -> None:
        try:
            kept_up(step, self._over, pause=pause)
        except Exception as error:  # noqa: BLE001 - told of by the run itself, which ends
            self._failures.append(f"{threading.current_thread().name}: {error!r}")
            self._over.set()

    def _break(self, began: float) -> None:
        """Kill what can be killed, evenly over the first part, with bulk work under way."""
        plan = self._plan
        gap = FAULTY * plan.seconds / (plan.kills + 1)
        for number in range(plan.kills):
            self._wait_until(began + (number + 1) * gap)
            # A rebuild that is killed half done must not hurt what is live.
            work = ("reindex",) if number % 2 else ("train", "--force")
            with self._stage.service.background(*work) as command:
                self._over.wait(min(2.0, gap / 4))
                self._say(f"killing the service, {number + 1} of {plan.kills}")
                self._stage.kill_service(self._faults, command)
            if number % 2 == 0:
                self._stage.kill_milvus(self._faults, self._over)
        self._wait_until(began + FAULTY * plan.seconds)

    def _rest(self, began: float, quiet: float) -> None:
        """Break nothing more; one rebuild is a part of an ordinary day."""
        end = began + self._plan.seconds
        self._wait_until(quiet + (end - quiet) / 3)
        if not self._over.is_set():
            done = self._stage.service.run("reindex", seconds=1_800)
            if done.returncode:
                self._failures.append(f"reindex: {done.stdout[-300:]}{done.stderr[-300:]}")
        self._wait_until(end)

    def _wait_until(self, moment: float) -> None:
        self._over.wait(max(0.0, moment - time.monotonic()))

    def _judged(self, began: float, quiet: float, ended: float) -> Report:
        service = self._stage.service
        self._say("waiting until everything is searchable")
        until(lambda: self._waiting() == 0, seconds=600, what="everything written is searchable")
        fifth = (ended - quiet) / 5
        tape, faults = self._tape, Counter(each.what for each in self._faults.all)
        lasted: Counter[str] = Counter()
        for each in self._faults.all:
            lasted[each.what] += round(each.ended - each.began)
        titles = self._ledger.titles
        return Report(
            machine=describe(),
            engine=self._engine,
            seconds=ended - began,
            acknowledged={
                "items": len(titles),
                "interactions": len(self._ledger.interactions),
            },
            faults={what: (number, float(lasted[what])) for what, number in faults.items()},
            routes=tape.routes(),
            errors=_counted(tape.errors),
            refusals=_counted(tape.refusals),
            items=ledgers.of_items(
                self._ledger,
                ((row["item_id"], row["title"]) for row in self._exported("items")),
            ),
            interactions=ledgers.of_interactions(
                self._ledger, (row["interaction_id"] for row in self._exported("interactions"))
            ),
            audit=_audited(service.run("doctor", "--audit", seconds=600)),
            memory={
                "start": self._memory.median(quiet, quiet + fifth),
                "end": self._memory.median(ended - fifth, ended),
                "most": self._memory.most(),
            },
        )

    def _waiting(self) -> float:
        lines = self._stage.service.client.get("/metrics").text.splitlines()
        return float(next(x for x in lines if x.startswith("kindred_queue_waiting ")).split()[1])

    def _exported(self, what: str) -> Iterator[dict[str, str]]:
        target = self._stage.service.folder / f"{what}.jsonl"
        done = self._stage.service.run("export", what, str(target), "--overwrite", seconds=600)
        if done.returncode:
            raise RuntimeError(done.stderr)
        with Path(target).open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def _counted(found: Counter[tuple[str, str]]) -> dict[str, int]:
    return {f"{why}: {route}": number for (route, why), number in found.most_common()}


def _audited(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Say what an audit found wrong; nothing if all is right."""
    if done.returncode == 0:
        return []
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
