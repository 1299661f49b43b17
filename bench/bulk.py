"""What bulk work costs people: for-you's times without it and during it, paced and unpaced.

    python -m bench.bulk [--work rebuild|training] [--items 10000] [--interactions 20000]
        [--engine lite|server|both] [--rounds 3] [--seconds 20]

Over the made-up shop of `bench.speed`, one caller asks for-you of many people, first alone, then
while a rebuild makes the index anew beside it: once with the usual settings, once with
KINDRED_BULK_SHARE=1, which takes no notice of people; and so on in turns. The goal is a 99th
percentile during the rebuild of at most twice the one just before it. A training is looked at while
it reads what people did, which with 1,000,000 interactions takes longest of all that it does in the
service's own process; it learns in another one. Needs the `test` extra.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from bench.ending import ends_when_told
from bench.machine import describe
from bench.speed.filling import clock, opened
from bench.speed.places import ENGINES, EngineName, Ground, ground, served
from bench.speed.wire import Wire, get
from indexer.jobs import Jobs
from indexer.timetable import request_training
from tests.service import Service, until

GOAL = 2.0
PEOPLE = 400
WARM_UP = 100
IDLE = 15.0
"""Per cent of all processors' time; QUIET_SECONDS of no more are quiet."""

QUIET_SECONDS = 3
PATIENCE = 60
"""Seconds that are waited for quiet at most: where others use the machine, it never comes."""

LOOK = 50
"""Answers between looks whether the rebuild is over."""

WAYS: Mapping[str, Mapping[str, str]] = {
    "paced": {},
    "unpaced": {"KINDRED_BULK_SHARE": "1"},
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One turn.

    Attributes:
        alone, during: Seconds an answer took, without bulk work and during some.
        rows: Rows the rebuild wrote a second, or interactions the training read.
        ended: Whether the work was over before it was looked at for long enough.
    """

    alone: list[float]
    during: list[float]
    rows: float
    ended: bool

    @property
    def ratio(self) -> float:
        """How many times as long the 99th percentile was during the work."""
        return float(np.percentile(self.during, 99) / np.percentile(self.alone, 99))


def asked(service: Service, going_on: Callable[[float, int], object]) -> list[float]:
    """Ask for-you of one person after another while it goes on.

    Args:
        service: Is asked.
        going_on: Told the seconds since the start, and how many answers there were.

    Returns:
        Seconds each answer took.
    """
    taken: list[float] = []
    with Wire(service.port) as wire:
        start = time.perf_counter()
        while going_on(time.perf_counter() - start, len(taken)):
            path = f"/v1/users/person-{len(taken) % PEOPLE}/for-you?limit=20"
            began = time.perf_counter()
            wire.ask(get(path, service.port))
            taken.append(time.perf_counter() - began)
    return taken


def written(service: Service) -> float:
    """Rows written to the index since the service started."""
    lines = service.client.get("/metrics").text.splitlines()
    return next(
        float(line.split()[1])
        for line in lines
        if line.startswith("kindred_index_rows_written_total ")
    )


class Rebuild:
    """A rebuild of the live generation; what takes from people is writing, not reading."""

    def __init__(self, service: Service, jobs: Jobs) -> None:
        self._service = service
        self._jobs = jobs
        self._before = written(service)
        # Of the models that are live: the shop's are not those that settings can name.
        self.job = jobs.request("reindex", {"spaces": []}, now=clock()).job_id

    def done(self) -> float:
        """Rows written so far."""
        return written(self._service) - self._before

    def begun(self) -> bool:
        """Whether it has come to what is measured."""
        return self.done() > 0

    def going_on(self) -> bool:
        """Whether it is not over yet."""
        return not _over(self._jobs, self.job)


class Training:
    """A training, while it reads."""

    def __init__(self, service: Service, jobs: Jobs) -> None:
        del service
        self._jobs = jobs
        self._read = 0.0
        self.job = request_training(jobs, force=True, now=clock()).job_id

    def done(self) -> float:
        """Interactions it was seen to have read."""
        self.begun()
        return self._read

    def begun(self) -> bool:
        """Whether it reads."""
        found = self._jobs.get(self.job)
        told: Mapping[str, Any] = {} if found is None else found.progress
        reads = bool(told.get("phase") == "reading")
        if reads:
            self._read = float(told.get("done", 0))
        return reads

    def going_on(self) -> bool:
        """Whether it still does."""
        return self.begun() and not _over(self._jobs, self.job)


WORKS: Mapping[str, type[Rebuild | Training]] = {"rebuild": Rebuild, "training": Training}


def turn(
    at: Ground, settings: Mapping[str, str], kind: type[Rebuild | Training], *, seconds: float
) -> Taken:
    """Measure one way, in a service of its own."""
    database = opened(at.folder)
    try:
        with served(at, settings) as service:
            asked(service, _times(WARM_UP))
            _settled()
            alone = asked(service, lambda passed, _: passed < seconds)
            jobs = Jobs(database)
            work = kind(service, jobs)
            until(work.begun, seconds=600, what="the work has begun")
            first, began = work.done(), time.perf_counter()

            def on(passed: float, done: int) -> bool:
                if passed >= seconds:
                    return False
                return bool(done % LOOK) or work.going_on()

            during = asked(service, on)
            rows = (work.done() - first) / (time.perf_counter() - began)
            ended = not work.going_on()
            if kind is Rebuild:
                # One that was interrupted would go on beside what is measured next.
                until(lambda: not work.going_on(), seconds=3_600, what="the rebuild is over")
        if not _over(jobs, work.job):
            jobs.finish(work.job, error="no more of it was to be measured", now=clock())
    finally:
        database.close()
    return Taken(alone, during, max(rows, 0.0), ended)


def _settled() -> None:
    """Wait until what an engine still does with what was written before is done, or for long."""
    quiet = 0
    for _ in range(PATIENCE):
        quiet = quiet + 1 if psutil.cpu_percent(interval=1.0) < IDLE else 0
        if quiet == QUIET_SECONDS:
            return


def _over(jobs: Jobs, job: int) -> bool:
    found = jobs.get(job)
    return found is not None and found.finished_at is not None


def _times(count: int) -> Callable[[float, int], bool]:
    return lambda _, done: done < count


def told(name: str, taken: list[Taken]) -> str:
    """One line: percentiles of all turns together, and each turn's ratio."""
    alone = np.concatenate([each.alone for each in taken]) * 1e3
    during = np.concatenate([each.during for each in taken]) * 1e3
    a50, a99 = np.percentile(alone, [50, 99])
    d50, d99 = np.percentile(during, [50, 99])
    ratios = ", ".join(f"{each.ratio:.2f}" for each in taken)
    rows = np.median([each.rows for each in taken])
    short = " (ended early)" if any(each.ended for each in taken) else ""
    return (
        f"  {name:<8} p50 {a50:6.1f} -> {d50:6.1f} ms   p99 {a99:6.1f} -> {d99:6.1f} ms   "
        f"p99 ratios {ratios}   {rows:,.0f} rows/s{short}"
    )


def run(engine: EngineName, arguments: argparse.Namespace) -> None:
    """Measure one engine and print it."""
    taken: dict[str, list[Taken]] = {name: [] for name in WAYS}
    kind, rounds, seconds = WORKS[arguments.work], arguments.rounds, arguments.seconds
    many, root = arguments.interactions, arguments.data
    with ground(engine, arguments.items, interactions=many, root=root) as at:
        for _ in range(rounds):
            for name, settings in WAYS.items():
                taken[name].append(turn(at, settings, kind, seconds=seconds))
    print(
        f"{engine}: a {arguments.work}, {arguments.items:,} items, {many:,} interactions, "
        f"{rounds} turns of {seconds} s"
    )
    for name, each in taken.items():
        print(told(name, each))
    median = float(np.median([each.ratio for each in taken["paced"]]))
    print(f"  goal: at most {GOAL}; paced, the middle turn: {median:.2f}")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench.bulk")
    parser.add_argument("--work", choices=list(WORKS), default="rebuild")
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--interactions", type=int, default=20_000)
    parser.add_argument("--engine", choices=[*ENGINES, "both"], default="both")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--data", type=Path, default=Path("build/bulk"))
    arguments = parser.parse_args()
    print(describe())
    for engine in ENGINES if arguments.engine == "both" else [arguments.engine]:
        run(engine, arguments)


if __name__ == "__main__":
    ends_when_told()
    main()
