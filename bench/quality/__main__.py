"""Are Kindred's lists better than simpler ones, on real data, through the real pipeline?

    python -m bench.quality --online-retail FILE --movielens FOLDER [--page FILE] [--json FILE]
    python -m bench.quality --tiny

Prints a page of Markdown; says on stderr how far it is. Every part of every cell (a data set, split
one way) is kept under build/quality when it is done, and not measured again without `--again`, so
that a run that was cut short goes on. Needs the extras `test` and `evaluate`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from app.clock import utc_now
from app.datasets.sources import Source, load
from app.evaluation.log import Log
from app.laboratory import Progress
from app.settings import Settings
from app.telemetry import configure_logging
from bench.machine import describe
from bench.quality.cell import Measuring
from bench.quality.findings import Found
from bench.quality.keeping import Drawer, Houses
from bench.quality.made_up import made_up
from bench.quality.page import aggregates, page
from bench.quality.plan import CELLS, FOLDER, TINY, TINY_CELLS, USUAL, Plan

NAMED = ("kindred", "milvus-lite", "torch", "implicit", "numpy", "scipy")
EVERY_SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is not kept, print the page."""
    asked = parsed(arguments)
    plan = planned(asked)
    configure_logging(Settings.from_environment({}), least="error")
    found = [measured(plan, place, again=asked.again) for place in range(len(plan.cells))]
    text = page(
        found,
        command=command(plan, asked),
        machine=describe(),
        versions=", ".join(f"{name} {version(name)}" for name in NAMED),
        when=f"{utc_now():%Y-%m-%d}",
    )
    print(text)
    if asked.page is not None:
        asked.page.write_text(text, encoding="utf-8")
    if asked.json is not None:
        asked.json.write_text(json.dumps(aggregates(found)) + "\n", encoding="utf-8")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.add_argument("--online-retail", type=Path, help="the Parquet file of Online Retail II")
    parser.add_argument("--movielens", type=Path, help="a folder of MovieLens")
    parser.add_argument("--only", help="cells, separated by commas, such as movielens-last")
    parser.add_argument("--parts", help="of the cells, separated by commas, such as rivals,tuned")
    parser.add_argument("--people", type=int, help="ask for so many people, drawn; else all")
    parser.add_argument("--tries", type=int, help="of tuning")
    parser.add_argument("--again", action="store_true", help="measure what is kept, too")
    parser.add_argument("--tiny", action="store_true", help="a made-up shop, to see that it runs")
    parser.add_argument("--folder", type=Path, help="where what was measured is kept")
    parser.add_argument("--page", type=Path, help="write the page here, too")
    parser.add_argument("--json", type=Path, help="write all aggregates here")
    asked = parser.parse_args(arguments)
    if not asked.tiny and not (asked.online_retail or asked.movielens):
        parser.error("say where the data lies, with --online-retail or --movielens; or --tiny")
    return asked


def planned(asked: argparse.Namespace) -> Plan:
    """Say what is to be measured."""
    given = {"online-retail": asked.online_retail, "movielens": asked.movielens}
    data = {name: path for name, path in given.items() if path is not None}
    plan = Plan(tuple(cell for cell in CELLS if cell.dataset in data), data, USUAL)
    if asked.tiny:
        plan = Plan(TINY_CELLS, {}, TINY, FOLDER / "tiny", tries=2, newcomers=10, tiny=True)
    only = asked.only.split(",") if asked.only else [cell.name for cell in plan.cells]
    return replace(
        plan,
        cells=tuple(cell for cell in plan.cells if cell.name in only),
        parts=tuple(asked.parts.split(",")) if asked.parts else None,
        people=asked.people,
        tries=asked.tries or plan.tries,
        folder=asked.folder or plan.folder,
    )


def command(plan: Plan, asked: argparse.Namespace) -> str:
    """Say how to measure this again."""
    said = ["python -m bench.quality"]
    said += [f"--{name} {path.name}" for name, path in plan.data.items()]
    said += ["--tiny"] * plan.tiny
    said += [
        f"--{name} {getattr(asked, name)}" for name in ("people", "tries") if getattr(asked, name)
    ]
    return " ".join(said)


def measured(plan: Plan, place: int, *, again: bool = False) -> Found:
    """Measure what is not kept of a cell, and read all of it."""
    measuring = opened(plan, place)
    measuring.everything(again=again)
    kept = {part: measuring.drawer.kept(part) for part in measuring.parts}
    return Found(measuring.cell, {part: held for part, held in kept.items() if held is not None})


def opened(plan: Plan, place: int) -> Measuring:
    """Read the data of a cell, and say where what is measured of it goes."""
    cell = plan.cells[place]
    progress = telling(say, time.monotonic)
    houses = Houses(plan.folder / "laboratories" / cell.dataset, plan.environment, progress)
    drawer = Drawer(plan.folder / cell.name)
    return Measuring(plan, cell, read(plan, cell.dataset), drawer, houses, say, progress)


def read(plan: Plan, dataset: str) -> Log:
    """Read a data set."""
    if dataset == "made-up":
        return made_up()
    settings = Settings.from_environment({})
    return load(Source(plan.data[dataset]), now=utc_now(), kinds=settings.kinds)


def say(line: str) -> None:
    """Tell whoever watches."""
    print(line, file=sys.stderr, flush=True)


def telling(say: Callable[[str], None], now: Callable[[], float]) -> Progress:
    """Return what tells of progress now and then, and of every new phase."""
    phase, at = "", 0.0

    def told(name: str, done: int, total: int) -> None:
        nonlocal phase, at
        if name != phase or now() - at >= EVERY_SECONDS:
            phase, at = name, now()
            say(f"  {name}: {done:,} of {total:,}")

    return told


if __name__ == "__main__":
    main()
