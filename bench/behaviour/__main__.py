"""Does behaviour beat popularity, neighbours, EASE and content?

    python -m bench.behaviour --data FOLDER [--set NAME] [--exam NAME] [--part PART] [--cache DIR]

FOLDER holds the folders movielens-small and online-retail. Parameters of the baselines are chosen
on validation: the last but one of each person, or the tenth of all interactions before the last
tenth. Prints Markdown; says on stderr how far it is. Intervals are 95 %, bootstrapped over people.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.behaviour import contest, data, report
from bench.machine import describe
from embedders.learning import Progress, TrainingSettings
from embedders.text import load_text
from embedders.text_weights import DEFAULT

EXAMS = {"movielens-small": ("last-out", "cut"), "online-retail": ("cut",)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    asked = _arguments(arguments)
    began = time.monotonic()
    settings = replace(
        TrainingSettings(),
        dimensions=asked.dimensions,
        passes=asked.passes,
        latest=asked.latest,
        seed=asked.seed,
    )
    embedder = load_text(DEFAULT, data.options())
    print(f"# Behaviour, measured\n\n- Machine: {describe()}, 1 thread.\n- {settings}")
    for name in asked.set or data.SETS:
        dataset = data.read(asked.data, name)
        content = data.blocks(dataset, embedder, asked.cache)
        rows, people = len(dataset.sequences.items), len(dataset.sequences)
        print(f"\n## {name}, {asked.part}: {rows} rows, {people} people, {len(content)} items")
        for exam in EXAMS[name]:
            if asked.exam and exam not in asked.exam:
                continue
            held = contest.cuts(dataset, exam, test=asked.part == "test")
            choosing = contest.cuts(dataset, exam, test=False)
            results = contest.contest(
                held, choosing, content, settings, lambda each: _say(began, each)
            )
            for result in results:
                print(f"\n{report.table(result)}", flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    chosen = TrainingSettings()
    parser = argparse.ArgumentParser(
        prog="python -m bench.behaviour", description="Does behaviour beat simpler lists?"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--set", action="append", choices=data.SETS, help="default: all")
    parser.add_argument("--exam", action="append", choices=("last-out", "cut"), help="default: all")
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--cache", type=Path, help="folder that keeps text vectors between runs")
    parser.add_argument("--dimensions", type=int, default=chosen.dimensions)
    parser.add_argument("--passes", type=int, default=chosen.passes, help="at most")
    parser.add_argument("--latest", type=float, default=chosen.latest, help="0 for all passes")
    parser.add_argument("--seed", type=int, default=chosen.seed)
    return parser.parse_args(arguments)


def _say(began: float, each: Progress) -> None:
    reached = "" if each.ndcg is None else f", nDCG@10 {each.ndcg:.4f}"
    print(
        f"{time.monotonic() - began:6.0f} s  {each.stage} {each.passed} of {each.passes}: "
        f"loss {each.loss:.3f}{reached}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    main()
