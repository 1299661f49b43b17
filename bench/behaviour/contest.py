"""One exam: everybody's marks, each baseline with the parameters that were best on validation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.behaviour import exams, marks
from bench.behaviour.baselines import Content, LastItem, Popular, Questions, ease
from bench.behaviour.data import Dataset
from bench.behaviour.exams import Exam
from bench.behaviour.marks import Marks, Scorer, Scores
from embedders.behaviour import summed
from embedders.behaviour_training import learn
from embedders.learning import Learned, Progress, TrainingSettings
from embedders.options import EmbedderOptions
from embedders.spaces import Array

SHRINKS = (0.0, 10.0, 50.0)
RIDGES = (100.0, 400.0, 1_000.0)
HALVES = (1.0, 2.0, 4.0, 10.0, 30.0, 100.0)
"""Tried for baselines: shrinkage, ridge, and later interactions that halve an earlier one."""

CHOOSING = 1_000
"""Questions of validation that parameters are chosen by, at most."""

BEHAVIOUR = "behaviour"
CONTENT = "content"
POPULAR = "popular"


class Behaviour:
    """What was learned, asked as the service asks it."""

    def __init__(self, learned: Learned) -> None:
        self._learned = learned

    def __call__(self, exam: Exam, questions: Questions) -> Scores:
        """Score all items."""
        blocks = np.stack([self._block(exam, int(question)) for question in questions])
        scores: Scores = blocks @ self._learned.candidates.T
        return scores

    def _block(self, exam: Exam, question: int) -> Array:
        known = exam.history(question)
        evidence = self._learned.evidence[exam.everything.items[known]]
        ago = exam.now[question] - exam.everything.days[known]
        weights = exam.everything.weights[known]
        return summed(self._learned.model.coefficients(evidence, weights, ago), evidence)


@dataclass(frozen=True, slots=True)
class Result:
    """An exam's marks.

    Attributes:
        exam: Its name.
        people: Asked.
        marks: Method, with its parameters, to marks; in the order to be shown.
    """

    exam: str
    people: int
    marks: Mapping[str, Marks]


def cuts(dataset: Dataset, name: str, *, test: bool) -> list[Exam]:
    """Return the exams of a name, "last-out" or "cut", all with one part to learn from."""
    everything, items = dataset.sequences, len(dataset.contents)
    if name == "last-out":
        return [exams.last_out(everything, items, back=0 if test else 1)]
    start, end = (0.9, 1.0) if test else (0.8, 0.9)
    return [
        exams.cut(everything, items, start=start, end=end),
        exams.going_on(everything, items, start=start, end=end),
    ]


def contest(
    asked: Sequence[Exam],
    validation: Sequence[Exam],
    content: Array,
    settings: TrainingSettings,
    progress: Callable[[Progress], None],
) -> Iterator[Result]:
    """Mark everybody on exams that share what is learned from, then on new items alone.

    Args:
        asked: The exams, with one part to learn from.
        validation: Their counterparts that parameters are chosen by.
        content: Shape (items, d).
        settings: Of training.
        progress: Hears of training.
    """
    options = EmbedderOptions(threads=1)
    learned = learn(asked[0].train, content, settings, options, progress)
    behaviour = Behaviour(learned)
    for exam, choosing in zip(asked, validation, strict=True):
        held = {BEHAVIOUR: marks.mark(exam, behaviour)}
        for name, scorer in _baselines(exam, choosing, content):
            held[name] = marks.mark(exam, scorer)
        yield Result(exam.name, held[BEHAVIOUR].people, held)
    for exam in asked:
        new = exams.only(exam, ~exam.born, f"{exam.name}: items new after it, among each other")
        if len(new):
            yield _newcomers(new, behaviour, content)


def _newcomers(exam: Exam, behaviour: Behaviour, content: Array) -> Result:
    held = {BEHAVIOUR: marks.mark(exam, behaviour, ~exam.born)}
    for half in HALVES:
        scorer = Content(content, half=half)
        held[f"{CONTENT}, half after {half:g}"] = marks.mark(exam, scorer, ~exam.born)
    return Result(exam.name, held[BEHAVIOUR].people, held)


def _baselines(exam: Exam, choosing: Exam, content: Array) -> Iterator[tuple[str, Scorer]]:
    items = len(content)
    few = exams.drawn(choosing, CHOOSING)
    yield POPULAR, Popular(exam.train, items)
    shrink = _best(few, {value: LastItem(few.train, items, shrink=value) for value in SHRINKS})
    yield f"ItemKNN, last item, shrunk by {shrink:g}", LastItem(exam.train, items, shrink=shrink)
    half = _best(few, {value: Content(content, half=value) for value in HALVES})
    yield f"{CONTENT}, half after {half:g}", Content(content, half=half)
    plain, recent = _chosen_ease(few, items)
    yield f"EASE, ridge {plain:g}", ease(exam.train, items, ridge=plain)
    ridge, half = recent
    name = f"EASE, ridge {ridge:g}, half after {half:g}"
    yield name, ease(exam.train, items, ridge=ridge, half=half)


def _chosen_ease(exam: Exam, items: int) -> tuple[float, tuple[float, float]]:
    """Return the best ridge without a recency weight, and the best ridge and half with one."""
    reached: dict[tuple[float, float], float] = {}
    for ridge in RIDGES:
        fitted = ease(exam.train, items, ridge=ridge)
        for half in (np.inf, *HALVES):
            reached[ridge, half] = marks.mark(exam, replace(fitted, half=half)).ndcg
    plain = max(RIDGES, key=lambda ridge: reached[ridge, np.inf])
    recent = max((pair for pair in reached if np.isfinite(pair[1])), key=reached.__getitem__)
    return plain, recent


def _best(exam: Exam, scorers: Mapping[float, Scorer]) -> float:
    return max(scorers, key=lambda value: marks.mark(exam, scorers[value]).ndcg)
