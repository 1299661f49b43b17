"""Do items that nobody had touched when lists were learned find their people?

    python -m bench.behaviour.newcomers --data FOLDER [--set NAME] [--cut SHARE]... [--every N]
        [--unborn CHANCE] [--cache DIR]

At each cut, learns from the share of all interactions before it and asks everybody known for what
they touched in the tenth after it. The catalogue is what had been touched by the end of that tenth:
what came later was in no shop. With `--every 4` every fourth person is looked at. Prints Markdown,
of nDCG@10 in the whole catalogue for all answers and for the new ones, and with new items among
each other; the share of places that new items had, and in which they were wanted. Intervals are of
what behaviour adds, 95 %, paired by person. Cuts above 0.8 are the test.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.behaviour import data, exams, marks
from bench.behaviour.baselines import Content, Popular, Questions
from bench.behaviour.contest import Behaviour
from bench.behaviour.data import Dataset
from bench.behaviour.exams import Exam
from bench.behaviour.marks import PLACES, Marks, Scorer, Scores
from bench.machine import describe
from embedders.behaviour import unit
from embedders.behaviour_training import learn
from embedders.learning import TrainingSettings
from embedders.sequences import Sequences
from embedders.spaces import Array, Mask
from embedders.text import load_text
from embedders.text_weights import DEFAULT

CUTS = (0.5, 0.6, 0.7, 0.8)
HALF = 30.0
"""Later interactions after which one counts half in the mean of content: best on validation."""

OURS = "behaviour and content"
WEIGHTS = (2.0, 0.6)
"""Of behaviour and words, as they come."""


class Both:
    """Behaviour and the mean of content, each of unit length, weighed as a request weighs them."""

    def __init__(self, behaviour: Scorer, content: Array) -> None:
        self._behaviour, self._content = behaviour, Averaged(content)

    def __call__(self, exam: Exam, questions: Questions) -> Scores:
        """Score all items."""
        said: Scores = self._behaviour(exam, questions)
        return WEIGHTS[0] * said + WEIGHTS[1] * self._content(exam, questions)


class Averaged:
    """Content alone, a person's mean of unit length."""

    def __init__(self, content: Array) -> None:
        self._content = Content(content, half=HALF)

    def __call__(self, exam: Exam, questions: Questions) -> Scores:
        """Score all items."""
        means = unit(self._content.means(exam, questions).astype(np.float32))
        scores: Scores = means @ self._content.blocks.T
        return scores


def there(everything: Sequences, items: int, until: float) -> Mask:
    """Say which items had been touched by a day: shape (items,)."""
    first = np.full(items, np.inf)
    np.minimum.at(first, everything.items, everything.days)
    return first <= until


def shown(exam: Exam, score: Scorer, among: Mask) -> float:
    """Return the share of places that items take which nobody had touched."""
    taken = 0
    for question in range(len(exam)):
        scores = np.array(score(exam, np.array([question]))[0], dtype=np.float64)
        scores[exam.everything.items[exam.history(question)]] = -np.inf
        scores[~among] = -np.inf
        taken += int((~exam.born[marks.top(scores, PLACES)]).sum())
    return taken / (PLACES * len(exam))


def rows(dataset: Dataset, content: Array, cut: float, settings: TrainingSettings) -> Iterator[str]:
    """Learn at a cut, and write a line for each method."""
    everything, items = dataset.sequences, len(content)
    exam = exams.cut(everything, items, start=cut, end=cut + 0.1)
    known = there(everything, items, float(np.quantile(everything.days, cut + 0.1)))
    new = exams.only(exam, ~exam.born, "new")
    answers = np.concatenate(exam.truths)
    learned = learn(exam.train, content, settings, data.options())
    wanted = float((~exam.born[answers]).mean())
    length = learned.model.length
    yield (
        f"\n## {dataset.name}, cut at {cut:g}\n\n{len(exam)} people, {len(new)} of whom wanted "
        f"some of {int((~exam.born & known).sum())} new items; these are {wanted:.3f} of all that "
        f"was wanted. {learned.passes} passes; predicted vectors {length:g} long.\n"
    )
    yield "| method | all | new, among all | new, among new | places of new |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    alone = replace(
        learned,
        candidates=np.where(exam.born[:, None], 1, 1 / length).astype(np.float32)
        * learned.candidates,
    )
    methods: dict[str, Scorer] = {
        OURS: Both(Behaviour(learned), content),
        f"{OURS}, predicted of length 1": Both(Behaviour(alone), content),
        "behaviour": Behaviour(learned),
        "content": Averaged(content),
        "popular": Popular(exam.train, items),
    }
    ours: tuple[Marks, ...] = ()
    for name, scorer in methods.items():
        found = (
            marks.mark(exam, scorer, known),
            marks.mark(new, scorer, known),
            marks.mark(new, scorer, known & ~exam.born),
        )
        ours = ours or found
        cells = [_cell(mine, each, name) for mine, each in zip(ours, found, strict=True)]
        yield f"| {name} | {' | '.join(cells)} | {shown(exam, scorer, known):.3f} |"


def _cell(ours: Marks, held: Marks, name: str) -> str:
    if name == OURS:
        return f"{held.ndcg:.4f}"
    low, high = marks.better(ours, held)
    return f"{held.ndcg:.4f} ({low:+.4f} to {high:+.4f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    chosen = TrainingSettings()
    parser = argparse.ArgumentParser(prog="python -m bench.behaviour.newcomers")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--set", choices=data.SETS, default="online-retail")
    parser.add_argument("--cut", type=float, action="append", help=f"default: {CUTS}")
    parser.add_argument("--every", type=int, default=1, help="look at every so many-th person")
    parser.add_argument("--unborn", type=float, default=chosen.unborn, help="0: always there")
    parser.add_argument("--dimensions", type=int, default=chosen.dimensions)
    parser.add_argument("--passes", type=int, default=chosen.passes, help="at most")
    parser.add_argument("--cache", type=Path, help="folder that keeps text vectors between runs")
    asked = parser.parse_args(arguments)
    dataset = data.read(asked.data, asked.set)
    content = data.blocks(dataset, load_text(DEFAULT, data.options()), asked.cache)
    mine = dataset.sequences.people % asked.every == 0
    dataset = replace(dataset, sequences=dataset.sequences.kept(mine))
    settings = replace(
        chosen, unborn=asked.unborn, dimensions=asked.dimensions, passes=asked.passes
    )
    sys.stdout.write(f"# New items\n\n- Machine: {describe()}, 1 thread.\n- {settings}\n")
    for cut in asked.cut or CUTS:
        for line in rows(dataset, content, cut, settings):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
