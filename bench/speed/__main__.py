"""Measure speed: every question, or those named; what was measured before is kept.

    python -m bench.speed [--only overhead,floor] [--again] [--full | --tiny] [--page FILE]

A question that has a report in the results folder is not asked again without `--again`, so that a
run that was cut short goes on; `--only` asks anew. bench/README.md says what each question needs.
"""

import argparse
import importlib
import importlib.util
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.ending import ends_when_told
from bench.machine import describe
from bench.speed.plan import FULL, TINY, USUAL, Plan
from bench.speed.report import Report, keep, kept, page
from bench.speed.timing import busy, others_share

BEGAN = time.perf_counter() / 60
"""Minutes on the clock when the run began."""

QUESTIONS = ("overhead", "floor", "growth", "freshness", "embedding", "rebuild", "peers")
NAMED = (
    "milvus-lite",
    "milvus",
    "pymilvus",
    "faiss-cpu",
    "qdrant-client",
    "lancedb",
    "pgvector",
    "torch",
    "sqlalchemy",
    "fastapi",
    "numpy",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, measure, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--only", help="questions, separated by commas; they are asked anew")
    parser.add_argument("--again", action="store_true", help="ask what was asked before, too")
    parser.add_argument("--full", action="store_true", help="up to a million items; hours")
    parser.add_argument("--tiny", action="store_true", help="2,000 items, to see that it runs")
    parser.add_argument("--engine", choices=["lite", "server"], help="only on this one")
    parser.add_argument("--sizes", help="items of the shops, separated by commas")
    parser.add_argument("--data", type=Path, help="where made-up shops are kept")
    parser.add_argument("--results", type=Path, help="where reports are kept")
    parser.add_argument("--page", type=Path, help="write the page here")
    asked = parser.parse_args(arguments)
    plan = _plan(asked)
    wanted = QUESTIONS if asked.only is None else tuple(asked.only.split(","))
    unknown = [name for name in wanted if name not in QUESTIONS]
    if unknown:
        parser.error(f"no question is called {unknown[0]!r}; there are {', '.join(QUESTIONS)}")
    failed = []
    for name in wanted:
        if asked.only is None and not asked.again and kept(name, plan.results) is not None:
            say(f"{name}: measured before")
            continue
        if not _answered(name, plan):
            failed.append(name)
    reports = [each for name in QUESTIONS if (each := kept(name, plan.results)) is not None]
    if asked.page is not None:
        asked.page.write_text(page(reports, _command(asked)), encoding="utf-8")
    if failed:
        say(f"not measured: {', '.join(failed)}")
    return 1 if failed else 0


def say(line: str) -> None:
    """Tell whoever watches, and how many minutes in."""
    print(f"{time.perf_counter() / 60 - BEGAN:5.1f}  {line}", file=sys.stderr, flush=True)


def _answered(name: str, plan: Plan) -> bool:
    """Ask a question and keep what came of it; a failure does not hinder the others."""
    began, before = time.perf_counter(), busy()
    try:
        report: Report = importlib.import_module(f"bench.speed.{name}").run(plan, say)
    except Exception:  # noqa: BLE001 - it is said, and the exit status tells it
        say(f"{name} failed:\n{traceback.format_exc()}")
        return False
    others = others_share(before, busy())
    keep(
        replace(
            report,
            measures={**report.measures, "others": others},
            machine=describe(),
            versions=_versions(),
            taken_at=f"{datetime.now(UTC):%Y-%m-%d}",  # noqa: TID251 - an entry point
        ),
        plan.results,
    )
    say(f"{name}: done in {time.perf_counter() - began:.0f} s")
    return True


def _plan(asked: argparse.Namespace) -> Plan:
    plan = FULL if asked.full else TINY if asked.tiny else USUAL
    given = {name: getattr(asked, name) for name in ("data", "results") if getattr(asked, name)}
    if asked.engine:
        given["engines"] = (asked.engine,)
    if asked.sizes:
        given["sizes"] = tuple(int(size) for size in asked.sizes.split(","))
    return replace(plan, **given)


def _command(asked: argparse.Namespace) -> str:
    """Say again what was asked that changes what is measured."""
    scale = " --full" if asked.full else " --tiny" if asked.tiny else ""
    given = {"--only": asked.only, "--engine": asked.engine, "--sizes": asked.sizes}
    named = "".join(f" {name} {value}" for name, value in given.items() if value)
    return f"python -m bench.speed{scale}{named}"


def _versions() -> str:
    found = []
    for name in NAMED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


if __name__ == "__main__":
    ends_when_told()
    sys.exit(main())
