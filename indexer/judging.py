"""Judges whether what was learned predicts better than what there is, on what neither has seen.

The exam is what people did since the live generation was trained. Where that is too little to tell,
it is the latest part of everything, which the live one has learned from already: there what was
learned is compared with content alone instead.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from embedders.behaviour import SPACE
from embedders.behaviour_exam import (
    ENOUGH,
    Comparison,
    Contender,
    asked_since,
    compared,
    gains,
)
from embedders.decays import Decays
from embedders.learning import Trial
from embedders.spaces import Array
from indexer.generation import Generation
from indexer.joined import Joiner
from indexer.lessons import Lesson
from indexer.mending import Progress
from indexer.vectors import KeptVectors

PAGE = 256
"""Items whose vectors are read at once."""

MOST_ASIDE = 0.2
"""Share of everything that is kept aside at most, however much is new: what is tried must have
something to learn from."""

CONTENT_HALF_LIFE = 30.0
"""Days after which an interaction counts half where content alone is asked: as in interests."""

_DAY = timedelta(days=1)

_MOMENT = 1e-9
"""Days: some 90 µs, beyond what a day in float64 is rounded to."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How what was learned compares.

    Attributes:
        against: "live", the generation that answers, or "content" alone.
        comparison: What was learned is mine.
    """

    against: str
    comparison: Comparison

    @property
    def refusal(self) -> str:
        """Why it is not used, in a sentence."""
        found = self.comparison
        theirs = "the live index" if self.against == "live" else "content alone"
        return (
            f"what was learned predicts surely worse than {theirs}: nDCG@10 {found.mine:.4f} "
            f"against {found.theirs:.4f} over {found.answers:,} interactions of {found.people:,} "
            f"people (95 % interval of the difference {found.low:+.4f} to {found.high:+.4f}); the "
            "live index stays; --force makes this one live all the same"
        )

    def described(self) -> Mapping[str, object]:
        """Return the numbers, for JSON."""
        found = self.comparison
        return {
            "against": self.against,
            "ndcg": found.mine,
            "against_ndcg": found.theirs,
            "low": found.low,
            "high": found.high,
            "answers": found.answers,
            "people": found.people,
        }


class Judge:
    """Compares what was learned with what there is."""

    def __init__(self, kept: KeptVectors, joiner: Joiner) -> None:
        self._kept = kept
        self._joiner = joiner

    def exam(self, lesson: Lesson, live: Generation | None) -> float | None:
        """Return the day from which the live generation's training has seen nothing, if there is.

        None where it has none, or people have done too little since.
        """
        until = None if live is None else live.trained_until
        if until is None or lesson.until is None:
            return None
        days = lesson.sequences.days
        since = float(days.max()) - (lesson.until - until) / _DAY + _MOMENT
        since = max(since, float(np.quantile(days, 1 - MOST_ASIDE)))
        return since if len(asked_since(lesson.sequences, since)) >= ENOUGH else None

    def verdict(
        self,
        trial: Trial | None,
        lesson: Lesson,
        content: Array,
        unseen_by: Generation | None,
        progress: Progress,
    ) -> Verdict | None:
        """Compare what was learned without the latest part with others on that part.

        Args:
            trial: How it did.
            lesson: What it is of.
            content: Shape (items, c), content blocks of the lesson's items.
            unseen_by: The live generation, if it has not learned from the latest part either.
            progress: Told how far it is.

        Returns:
            None when there was nothing to judge by.
        """
        if trial is None:
            return None
        if unseen_by is not None:
            theirs = self._live(unseen_by, lesson, progress)
        else:
            theirs = _content_alone(content)
        progress("comparing", len(content), len(content))
        others = gains(lesson.sequences, trial, theirs)
        people = lesson.sequences.people[trial.rows]
        found = compared(trial.gains, others, people)
        return Verdict("content" if unseen_by is None else "live", found)

    def _live(self, live: Generation, lesson: Lesson, progress: Progress) -> Contender:
        """Read the vectors by which the live generation answers."""
        joining = self._joiner.joining(live)
        behaviour = joining.behaviour
        if behaviour is None:
            message = f"generation {live.generation_id} has lost what was learned for it"
            raise ValueError(message)
        where = joining.layout.slice(SPACE)
        shape = (len(lesson.item_keys), behaviour.dimensions)
        candidates, evidence = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for start in range(0, len(lesson.item_keys), PAGE):
            progress("comparing", start, len(lesson.item_keys))
            keys = lesson.item_keys[start : start + PAGE]
            raw = self._kept.of_items(keys, live.models)
            made = self._joiner.join(
                live, {key: raw[key].vectors if key in raw else {} for key in keys}
            )
            places = {key: start + place for place, key in enumerate(keys)}
            rows = [places[key] for key in made.keys]
            candidates[rows] = made.vectors.candidates[:, where]
            evidence[rows] = made.vectors.evidence[:, where]
        return Contender(candidates, evidence, behaviour.decays)


def _content_alone(content: Array) -> Contender:
    """Ask by the mean of a person's content, newer interactions counting more."""
    per_day = np.array([math.log(2) / CONTENT_HALF_LIFE], dtype=np.float32)
    mix = np.ones((1, content.shape[1]), dtype=np.float32)
    return Contender(content, content, Decays(np.zeros(1, dtype=np.float32), per_day, mix))
