"""What are lists worth after each pass: of a pass's last values, and of their mean?

    python -m bench.behaviour.passes --data FOLDER [--set NAME] [--back N] [--cut SHARE]
        [--even] [--cache DIR]

Of films it asks for the last but N (by default the last but one) of each person, of a shop for the
tenth after the cut. Both columns are of one training. With `--even` steps are as long in every
pass. Prints Markdown; nDCG@10. Cuts above 0.8, and `--back 0`, are the test.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from bench.behaviour import data, exams, marks
from bench.behaviour.contest import Behaviour
from bench.behaviour.data import Dataset
from bench.behaviour.exams import Exam
from bench.machine import describe
from embedders.arithmetic import prepare
from embedders.behaviour_run import LAST_STEP, Run, Tried
from embedders.learning import TrainingSettings
from embedders.text import load_text
from embedders.text_weights import DEFAULT

MOST = 600
"""People asked, drawn by a seed."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    chosen = TrainingSettings()
    parser = argparse.ArgumentParser(prog="python -m bench.behaviour.passes")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--set", choices=data.SETS, default=data.SETS[0])
    parser.add_argument("--back", type=int, default=1, help="later interactions, of films")
    parser.add_argument("--cut", type=float, default=0.7, help="share before the cut, of a shop")
    parser.add_argument("--even", action="store_true", help="steps as long in every pass")
    parser.add_argument("--cache", type=Path, help="folder that keeps text vectors between runs")
    parser.add_argument("--dimensions", type=int, default=chosen.dimensions)
    parser.add_argument("--passes", type=int, default=chosen.passes)
    parser.add_argument("--seed", type=int, default=chosen.seed)
    asked = parser.parse_args(arguments)
    dataset = data.read(asked.data, asked.set)
    content = data.blocks(dataset, load_text(DEFAULT, data.options()), asked.cache)
    exam = _exam(dataset, asked)
    settings = replace(
        chosen, dimensions=asked.dimensions, passes=asked.passes, seed=asked.seed, latest=0.0
    )
    prepare(data.options())
    step = 1.0 if asked.even else LAST_STEP
    run = Run(exam.train, content, settings, torch.device("cpu"), last_step=step)
    print(f"{asked.set}, {exam.name}, {len(exam)} people; {describe()}; {settings}\n")
    print("| pass | last values | their mean |\n| ---: | ---: | ---: |")
    for number in range(asked.passes):
        run.passed(number)
        mean = Behaviour(run.learned(Tried(number + 1)))
        with run.average.standing_in():  # so that what stands in for it is the last values
            last = Behaviour(run.learned(Tried(number + 1)))
        found = [marks.mark(exam, each).ndcg for each in (last, mean)]
        print(f"| {number + 1} | {found[0]:.4f} | {found[1]:.4f} |", flush=True)


def _exam(dataset: Dataset, asked: argparse.Namespace) -> Exam:
    everything, items = dataset.sequences, len(dataset.contents)
    if asked.set == "movielens-small":
        return exams.last_out(everything, items, back=asked.back)
    exam = exams.cut(everything, items, start=asked.cut, end=asked.cut + 0.1)
    return exams.drawn(exam, MOST)


if __name__ == "__main__":
    main()
