"""One mean vector, the last item or several interests? By numbers.

    python -m bench.interests --data FOLDER [--cache FOLDER] [--html lists.html] [--full]

FOLDER holds the folders `online-retail` (online_retail_II.parquet), `movielens-small` (movies.csv,
ratings.csv) and `fashion` (products.csv); one that is absent is left out. The product's own
recommender answers, over its own text vectors, at moments of real people's pasts; what they chose
next says how good the answer was. Prints Markdown; says on stderr how far it is. The first run
embeds some 18,000 titles, which takes minutes; with `--cache` the next one embeds nothing.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from app.recommend.settings import RecommendSettings
from bench.interests import page, report
from bench.interests.study import SCENES, Say, Staged, compare, staged, swept, worlds
from bench.interests.ways import compared, sweeps
from bench.machine import describe
from bench.similar.cache import Cache
from embedders.factory import EmbedderOptions, make

TEXT = "text:all-MiniLM-L6-v2"

CHOOSING, REPORTING = 150, 400
"""People of each kind of occasion, unless all are asked for."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    asked = _arguments(arguments)
    say = partial(_say, time.monotonic())
    text = make(asked.text, EmbedderOptions(threads=asked.threads))
    held = worlds(asked.data, text, Cache(asked.cache), say)
    most = None if asked.full else asked.people
    stages = [
        staged(
            scene,
            held[scene.folder],
            choosing=most,
            reporting=None if most is None else most * REPORTING // CHOOSING,
        )
        for scene in SCENES
        if scene.folder in held
    ]
    stages = [each for each in stages if each.reporting]
    print(_heading(stages, asked))
    product = RecommendSettings()
    if asked.part != "choices":
        _print_reported(product, stages, say)
    if asked.part != "reported":
        _print_choices(product, stages, say)
    if asked.html is not None:
        page.write(asked.html, stages, product)
    say("done")


def _print_reported(product: RecommendSettings, stages: Sequence[Staged], say: Say) -> None:
    say("reported …")
    outcomes = compare(compared(product), stages, chosen_by=False)
    print("\n## Reported\n")
    for each in stages:
        print(f"### {each.world.recorded.name}: {each.scene.title}\n")
        print(report.compared(outcomes, each), end="\n\n")


def _print_choices(product: RecommendSettings, stages: Sequence[Staged], say: Say) -> None:
    say("chosen by: the ways …")
    by = [each for each in stages if each.choosing]
    ways = compared(product)
    outcomes = compare(ways, by, chosen_by=True)
    print("## Chosen by\n")
    for each in by:
        print(f"### {each.world.recorded.name}: {each.scene.title} (chosen by)\n")
        print(report.compared(outcomes, each), end="\n\n")
    print("### Settings, one at a time\n")
    print("nDCG / reached / alike; an asterisk: nDCG surely differs from today's.\n")
    for sweep in sweeps(product):
        say(f"chosen by: {sweep.title} …")
        found = swept(sweep, by, ways[-1], outcomes[-1])
        written = report.swept(sweep, found, outcomes[-1])
        if written:
            print(written, end="\n\n")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.interests",
        description="One mean vector, the last item or several interests?",
    )
    parser.add_argument("--data", type=Path, required=True, help="the data sets' folders")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--html", type=Path, help="write some people's lists as a page")
    parser.add_argument("--people", type=int, default=CHOOSING, help="defaults are chosen by")
    parser.add_argument("--full", action="store_true", help="all people")
    parser.add_argument(
        "--part",
        choices=("reported", "choices"),
        help="only the ways on the people reported, or only what defaults are chosen by",
    )
    parser.add_argument("--threads", type=int, default=1, help="that the model may use")
    parser.add_argument("--text", default=TEXT, help="text model, as a specification")
    return parser.parse_args(arguments)


def _heading(stages: Sequence[Staged], asked: argparse.Namespace) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "torch"))
    recorded = {each.world.recorded.name: each.world.recorded for each in stages}
    data = [
        f"- {each.name}: {each.source}. {len(each.items):,} items, {len(each.people):,} people, "
        f"{len(each.who):,} interactions; an item's category is {each.grouped_by}."
        for each in recorded.values()
    ]
    return "\n".join(
        [
            "# Interests, measured",
            "",
            f"- Machine: {describe()}; {versions}.",
            f"- Text: {asked.text}, titles (and genres); no other space.",
            *data,
            "",
            report.described(stages),
        ]
    )


def _say(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
