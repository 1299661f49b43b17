"""What a rebuild and a training take, against the sum of their parts; and their memory."""

import argparse
import itertools
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.speed.filling import SERVED, SPACES, assembled, opened, opened_store
from bench.speed.places import Ground, copied
from bench.speed.plan import Plan
from bench.speed.report import Goal, Report, Table, kept
from indexer.assembly import Assembly
from indexer.reindex import PAGE
from indexer.store import Row
from tests.service import Service

LEAST_SHARE = 0.7
"""Of the items a second that reading, joining and writing would do by themselves; Kindred's own
goal, as the question has none."""

TRIED = (
    "What was tried: fitting reads vectors twice, for the means and for the maps; it goes by keys "
    "now, not by whole items. Twenty times as fast as embedding is some 1,500 items a second where "
    "a core embeds 77 pairs of words and pictures, more than half of what Lite takes when it does "
    "nothing else. A server needs its time after the last row, to seal what it holds and to build "
    "the graph, without which searches miss rows."
)

LEAST_TIMES = 20.0
MOST_GROWTH = 100.0
"""Megabytes that the process may hold more for ten times the items: a stream, not a list."""

SCRATCH = "bench_scratch"


@dataclass(frozen=True, slots=True)
class Done:
    """One rebuild out of kept vectors, in a process of its own.

    Attributes:
        whole: Seconds of all of it.
        memory: Megabytes the process held at most, the engine's not counted.
        parts: Seconds that reading, joining and writing take by themselves, where they were taken.
    """

    whole: float
    memory: float
    parts: Sequence[float] | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine at one size; `trained`: seconds of `kindred train`, or None."""

    engine: str
    size: int
    done: Done
    trained: float | None


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure on copies: Lite at every size, a server and training at the smallest."""
    measured = []
    for engine in plan.engines:
        for size in plan.sizes if engine == "lite" else plan.sizes[:1]:
            say(f"rebuild: {engine}, {size:,} items")
            with copied(engine, size, interactions=plan.interactions, root=plan.data) as at:
                done = _apart(at, parts=size == plan.sizes[0])
                trained = None
                if (engine, size) == ("lite", plan.sizes[0]):
                    say("rebuild: training")
                    trained = _trained(at)
            measured.append(Measured(engine, size, done, trained))
    return _report(plan, measured)


def _apart(at: Ground, *, parts: bool) -> Done:
    """Rebuild in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "bench.speed.rebuild", str(at.folder), at.uri]
    wanted = ["--parts"] if parts else []
    found = subprocess.run([*command, *wanted], check=True, capture_output=True, text=True)
    return Done(**json.loads(found.stdout.splitlines()[-1]))


def _trained(at: Ground) -> float:
    """Train, in the time of the command from its start to its end."""
    service = Service(at.folder, {**SERVED, "KINDRED_MILVUS_URI": at.uri})
    began = time.perf_counter()
    done = service.run("train", "--force", seconds=1_800)
    if done.returncode:
        message = f"kindred train failed: {done.stderr[-2_000:]}"
        raise RuntimeError(message)
    return time.perf_counter() - began


def rebuilt(folder: Path, uri: str, *, parts: bool) -> Done:
    """Rebuild a folder's index, then do the parts by themselves if asked."""
    database = opened(folder)
    try:
        with opened_store(uri) as store:
            assembly = assembled(database, store)
            began = time.perf_counter()
            assembly.rebuild().reindex(SPACES, lambda *_: None)
            whole = time.perf_counter() - began
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            return Done(whole, memory, _parts(assembly) if parts else None)
    finally:
        database.close()


def _parts(assembly: Assembly) -> tuple[float, float, float]:
    live = assembly.generations.live(assembly.store.engine)
    if live is None:
        message = "there is no live index"
        raise ValueError(message)
    assembly.store.create(SCRATCH, sum(each.dimensions for each in SPACES))
    seconds = [0.0, 0.0, 0.0]
    try:
        pages = assembly.catalogue.pages(limit=PAGE)
        while True:
            began = time.perf_counter()
            items = next(pages, None)
            if items is None:
                break
            raw = assembly.kept.of_items([each.key for each in items], live.models)
            read = time.perf_counter()
            rows: Sequence[Row] = assembly.joiner.kept_rows(live, items, raw)
            joined = time.perf_counter()
            assembly.store.upsert(SCRATCH, rows)
            written = time.perf_counter()
            for part, took in enumerate((read - began, joined - read, written - joined)):
                seconds[part] += took
        began = time.perf_counter()
        assembly.store.flush(SCRATCH)
        seconds[2] += time.perf_counter() - began
    finally:
        assembly.store.drop(SCRATCH)
    return seconds[0], seconds[1], seconds[2]


def _shown(parts: Sequence[float] | None) -> list[str]:
    return ["", "", ""] if parts is None else [f"{part:.1f} s" for part in parts]


def _report(plan: Plan, measured: Sequence[Measured]) -> Report:
    goals = []
    embedding = kept("embedding", plan.results)
    for each in measured:
        where = f"{each.engine}, {each.size:,}"
        if each.done.parts is not None:
            share = sum(each.done.parts) / each.done.whole
            goals.append(
                Goal(
                    f"rebuild's items a second, of its parts', {where}",
                    f"{LEAST_SHARE:.0%}",
                    f"{share:.0%}",
                    share >= LEAST_SHARE,
                )
            )
        if embedding is not None:
            times = each.size / each.done.whole / embedding.measures["both"]
            goals.append(
                Goal(
                    f"rebuild from kept vectors against embedding anew, {where}",
                    f"{LEAST_TIMES:g} times",
                    f"{times:.0f} times",
                    times >= LEAST_TIMES,
                )
            )
    goals += [
        Goal(
            f"memory of {large.size:,} against {small.size:,}, {small.engine}",
            f"at most {MOST_GROWTH:.0f} MB more",
            f"{large.done.memory - small.done.memory:+.0f} MB",
            large.done.memory - small.done.memory <= MOST_GROWTH,
        )
        for small, large in itertools.pairwise(measured)
        if small.engine == large.engine
    ]
    trained = [each for each in measured if each.trained is not None]
    return Report(
        "rebuild",
        "Rebuilding and training",
        "A rebuild from kept vectors, end to end (fitted, written, checked, swapped), in a process "
        "of its own on a copy; then the parts by themselves: reading items and vectors from SQL, "
        "joining them, writing them to the engine, at the smallest size. Embedding anew is the "
        "section on embedding's items with both, on the same processor.",
        tuple(goals),
        (
            Table(
                "Rebuild from kept vectors",
                (
                    "engine",
                    "items",
                    "items a second",
                    "whole",
                    "reading",
                    "joining",
                    "writing",
                    "memory",
                ),
                tuple(
                    (
                        each.engine,
                        f"{each.size:,}",
                        f"{each.size / each.done.whole:,.0f}",
                        f"{each.done.whole:.1f} s",
                        *_shown(each.done.parts),
                        f"{each.done.memory:.0f} MB",
                    )
                    for each in measured
                ),
            ),
        ),
        (
            TRIED,
            *(
                f"`kindred train` over {each.size:,} items and {plan.interactions:,} interactions "
                f"took {each.trained:.0f} s from the command's start to its end, a rebuild of "
                f"{each.done.whole:.0f} s included."
                for each in trained
            ),
        ),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Rebuild what is named, and print what it took as JSON: `run` calls this."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed.rebuild")
    parser.add_argument("folder", type=Path)
    parser.add_argument("uri")
    parser.add_argument("--parts", action="store_true", help="also what the parts take")
    asked = parser.parse_args(arguments)
    print(json.dumps(asdict(rebuilt(asked.folder, asked.uri, parts=asked.parts))))


if __name__ == "__main__":
    main()
