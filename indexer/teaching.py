"""Learns the behaviour space of a generation, and judges whether it is to be used."""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import structlog

from embedders import learning
from embedders.behaviour import BehaviourModel
from embedders.behaviour_apart import learn_apart
from embedders.behaviour_exam import latest
from embedders.errors import EmbedderError
from embedders.layout import Geometry
from embedders.learning import Learned, Learner, TrainingSettings
from embedders.options import EmbedderOptions
from embedders.spaces import Array
from indexer.catalogue import Catalogue
from indexer.errors import JobFailed
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.joined import raw_batch
from indexer.judging import Judge, Verdict
from indexer.learned import LearnedVectors
from indexer.lessons import Lesson, Lessons
from indexer.mending import Progress
from indexer.throttle import Throttle
from indexer.vectors import KeptVectors

log = structlog.get_logger(__name__)

PAGE = 256
"""Items whose vectors are read or kept at once."""

KEYS_AT_ONCE = 5_000

MOST_UNTOUCHED = 20_000
"""Items nobody touched that lists are examined with, evenly chosen: each takes 1 kB beside its
content."""


@dataclass(frozen=True, slots=True)
class TeachingSettings:
    """How the behaviour space is learned here.

    Attributes:
        training: What is learned, and how.
        options: Where, and in how many threads.
        learner: Learns: by default in a process of its own.
    """

    training: TrainingSettings = field(default_factory=TrainingSettings)
    options: EmbedderOptions = field(default_factory=EmbedderOptions)
    learner: Learner = learn_apart


class Teacher:
    """Learns from what people did, on a geometry that was just fitted."""

    def __init__(
        self,
        lessons: Lessons,
        catalogue: Catalogue,
        generations: Generations,
        kept: KeptVectors,
        learned: LearnedVectors,
        judge: Judge,
        engine: str,
        settings: TeachingSettings,
        *,
        clock: Callable[[], datetime],
        throttle: Callable[[], Throttle] = Throttle,
    ) -> None:
        self._lessons = lessons
        self._catalogue = catalogue
        self._generations = generations
        self._kept = kept
        self._learned = learned
        self._judge = judge
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._throttle = throttle

    @property
    def dimensions(self) -> int:
        """Length of the vectors that are learned."""
        return self._settings.training.dimensions

    def teach(
        self,
        building: Generation,
        geometry: Geometry,
        progress: Progress,
        *,
        force: bool = False,
    ) -> BehaviourModel:
        """Learn, judge, and keep what was learned of single items: an `indexer.fitting.Teach`.

        Args:
            building: Its items have their vectors; what is found goes into its report.
            geometry: Of its content.
            progress: Told how far it is.
            force: Whether to use what was learned even if it is worse than what there is.

        Raises:
            JobFailed: There is too little to learn from, learning failed, or what was learned is
                worse than what there is.
        """
        lesson = self._present(self._lessons.read(progress))
        live = self._generations.live(self._engine)
        since = self._judge.exam(lesson, live)
        unseen_by = live if since is not None else None
        lesson = self._among_untouched(lesson, since)
        with TemporaryDirectory(prefix="kindred-content-") as folder:
            content = self._content(lesson, building, geometry, Path(folder), progress)
            found = self._taught(lesson, content, since, progress)
            verdict = self._judge.verdict(found.trial, lesson, content, unseen_by, progress)
        if verdict is not None and verdict.comparison.worse and not force:
            raise JobFailed(verdict.refusal)
        self._keep(building, lesson, found, progress)
        self._remember(building, lesson, found, verdict, forced=force)
        return found.model

    def _present(self, lesson: Lesson) -> Lesson:
        """Leave out items that were deleted meanwhile."""
        alive = self._catalogue.present(lesson.item_keys)
        there = np.array([key in alive for key in lesson.item_keys], dtype=np.bool_)
        if there.all():
            return lesson
        left = lesson.sequences.kept(there[lesson.sequences.items])
        numbers = np.cumsum(there) - 1
        keys = tuple(key for key, kept in zip(lesson.item_keys, there, strict=True) if kept)
        return replace(lesson, sequences=replace(left, items=numbers[left.items]), item_keys=keys)

    def _among_untouched(self, lesson: Lesson, since: float | None) -> Lesson:
        """Number items nobody touched, too, that were there when the latest part began.

        They take part in the lists that are examined, as they do in people's: without them, what is
        predicted looks better there than it is where most of a catalogue is never wanted.
        """
        held = lesson.sequences
        moment = latest(held, self._settings.training.latest) if since is None else since
        if moment is None or lesson.until is None:
            return lesson
        began = lesson.until - timedelta(days=float(held.days.max()) - moment)
        touched = frozenset(lesson.item_keys)
        others = array("q")
        for page in self._catalogue.keys(before=began, limit=KEYS_AT_ONCE):
            others.extend(key for key in page if key not in touched)
        if not others:
            return lesson
        chosen = np.unique(np.linspace(0, len(others) - 1, MOST_UNTOUCHED).astype(np.int64))
        untouched = np.array(others, dtype=np.int64)[chosen]
        return replace(lesson, item_keys=(*lesson.item_keys, *untouched.tolist()))

    def _content(
        self,
        lesson: Lesson,
        building: Generation,
        geometry: Geometry,
        folder: Path,
        progress: Progress,
    ) -> Array:
        """Write the items' content blocks into a file, and map it into memory: shape (n, c)."""
        shape = (len(lesson.item_keys), geometry.layout.dimensions)
        if shape[0] == 0:
            return np.zeros(shape, dtype=np.float32)
        blocks: Array = np.lib.format.open_memmap(
            folder / "content.npy", mode="w+", dtype=np.float32, shape=shape
        )
        done = 0
        for keys in self._throttle().steps(lesson.item_keys, most=PAGE):
            progress("gathering", done, len(blocks))
            raw = self._kept.of_items(keys, building.models)
            vectors: list[Mapping[str, Array]] = [
                raw[key].vectors if key in raw else {} for key in keys
            ]
            blocks[done : done + len(keys)] = geometry.evidence(
                raw_batch(vectors, building.content)
            )
            done += len(keys)
        return blocks

    def _taught(
        self, lesson: Lesson, content: Array, since: float | None, progress: Progress
    ) -> Learned:
        settings = self._settings

        def passed(now: learning.Progress) -> None:
            reached = "" if now.ndcg is None else f", nDCG@10 {now.ndcg:.4f}"
            progress(f"{now.stage}{reached}", now.passed, now.passes)

        try:
            return settings.learner(
                lesson.sequences, content, settings.training, settings.options, passed, since=since
            )
        except (EmbedderError, ValueError) as error:
            message = f"nothing was learned from what people did: {error}; the live index stays"
            raise JobFailed(message) from error

    def _keep(
        self, building: Generation, lesson: Lesson, found: Learned, progress: Progress
    ) -> None:
        """Keep what was learned of the items that people touched; others stay predicted."""
        training = building.training
        assert training is not None, "a generation is taught what it has room for"  # noqa: S101
        touched = np.flatnonzero(lesson.sequences.counts(len(lesson.item_keys)))
        done = 0
        for rows in self._throttle().steps(touched.tolist(), most=PAGE):
            progress("keeping", done, len(touched))
            keys = [lesson.item_keys[row] for row in rows]
            self._learned.keep(training, keys, found.candidates[rows], found.evidence[rows])
            done += len(rows)

    def _remember(
        self,
        building: Generation,
        lesson: Lesson,
        found: Learned,
        verdict: Verdict | None,
        *,
        forced: bool,
    ) -> None:
        report: dict[str, Any] = {
            "training": building.training,
            "trained_at": self._clock().isoformat(),
            "until": None if lesson.until is None else lesson.until.isoformat(),
            "read": lesson.read,
            "dropped": dict(lesson.dropped),
            "interactions": len(lesson.sequences.items),
            "people": int((np.diff(lesson.sequences.starts) > 0).sum()),
            "items": int((lesson.sequences.counts(len(lesson.item_keys)) > 0).sum()),
            "passes": found.passes,
            "forced": forced,
            "judged": None if verdict is None else verdict.described(),
        }
        self._generations.advance(
            building.generation_id,
            phase="fitting",
            cursor=building.cursor,
            report={**(building.report or {}), "training": report},
        )
        log.info("behaviour_learned", **report)
