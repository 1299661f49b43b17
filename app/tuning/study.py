"""Trying one thing after another, each chosen by what came of those before (Optuna).

What is tried next is drawn by a tree-structured Parzen estimator (Bergstra et al., "Algorithms for
hyper-parameter optimization", NIPS 2011). What does surely worse than the best so far, batch of
people by batch of people, is not asked to the end (Wilcoxon's signed-rank test).
"""

import sqlite3
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from app.tuning.dimension import Dimension, Values
from app.tuning.errors import StudyMismatch, TunerUnavailable
from app.tuning.panel import Watch

if TYPE_CHECKING:
    import optuna

QUESTION = "question"
LOOKS = "looks"
ASKED = "asked"
VALUES = "values"
SIMPLER = "simpler"
SIMPLIFIED = "simplified"

SURE = 0.05
"""One-sided p below which something is given up; it is looked at after every batch, so about one
good one in seven is given up wrongly, which costs no more than a try."""

FIRST_BATCHES = 14
"""Asked of everything that is tried. Of fewer, where some are equal, scipy goes through all signs:
up to 2.6 s a test, and it is made after every batch."""

Judge = Callable[[Values, Watch], tuple[float, int]]
"""Asks people, and returns their mean and how many were asked."""

Told = Callable[["Try"], None]


@dataclass(frozen=True, slots=True)
class Try:
    """Something that was tried.

    Attributes:
        number: From 0, which is what holds now.
        values: What was tried, as far as it can be known.
        mean: Over the people that were asked.
        asked: How many they were; fewer than all where it was given up.
    """

    number: int
    values: Values
    mean: float
    asked: int


class Study:
    """Everything that was tried for one question; in a file it can be gone on with. Close it.

    Args:
        file: SQLite; None: in memory.
        name: Of the study in the file.
        question: What it is about; whoever goes on must ask the same.
        dimensions: What is looked for.
        seed: Of every draw. Where a study is gone on with, other draws follow than if it had not
            been interrupted, but the same each time.

    Raises:
        StudyMismatch: The file's study of that name is about another question, or it is no study.
        TunerUnavailable: Optuna is not installed.
    """

    def __init__(
        self,
        file: Path | None,
        name: str,
        question: Mapping[str, str],
        dimensions: Sequence[Dimension],
        *,
        seed: int,
    ) -> None:
        self._optuna = _library()
        self._dimensions = tuple(dimensions)
        self._storage: optuna.storages.RDBStorage | None = None
        self._study = self._opened(file, name)
        self._check(question, file)
        for left in self._study.get_trials(deepcopy=False, states=self._states("RUNNING")):
            # Whoever tried it was stopped.
            self._study.tell(left.number, state=self._optuna.trial.TrialState.FAIL)
        self._study.sampler = self._optuna.samplers.TPESampler(seed=seed + len(self.tries))

    def close(self) -> None:
        """Let go of the file."""
        if self._storage is not None:
            self._storage.remove_session()
            self._storage.engine.dispose()

    @property
    def tries(self) -> list[Try]:
        """What was tried so far, in order."""
        return [_try(each) for each in self._completed()]

    @property
    def best(self) -> Try:
        """What did best, of equals what changes least; there is one after `go_on`."""
        return max(
            self.tries, key=lambda each: (each.mean, -len(self._changed(each)), -each.number)
        )

    def looked(self) -> int:
        """Count that the test part was looked at, and say how often it has been, this time too."""
        looks = int(self._study.user_attrs.get(LOOKS, 0)) + 1
        self._study.set_user_attr(LOOKS, looks)
        return looks

    def go_on(
        self,
        judge: Judge,
        *,
        most: int,
        usable: Callable[[Values], bool],
        seconds: float | None = None,
        simplify: bool = True,
        told: Told = lambda _: None,
    ) -> None:
        """Try until there are so many, what holds now first; then simplify the best.

        Args:
            judge: Asks people.
            most: Tries in all, those of earlier runs included; simplifying takes some more, at most
                one for each change.
            usable: Whether values can be tried at all; others are passed over.
            seconds: Nothing new is begun after so long; what holds now is tried in any case.
            simplify: Whether changes of the best that do not help are taken back, one by one.
            told: Called after every try.
        """
        objective = self._objective(judge, usable, told)
        ends = None if seconds is None else time.monotonic() + seconds
        if not self.tries:
            self._enqueue({each.name: each.default for each in self._dimensions})
            self._study.optimize(objective, n_trials=1)
        drawn = len(self.tries) - len(self._completed(SIMPLER))
        if most > drawn:
            self._study.optimize(objective, n_trials=most - drawn, timeout=seconds)
        if simplify and self._study.user_attrs.get(SIMPLIFIED) != len(self.tries):
            self._simplify(objective, ends)

    def _simplify(self, objective: "Callable[[optuna.Trial], float]", ends: float | None) -> None:
        """Take back, one by one, the changes of the best that do not help.

        Among many changes some are there by chance alone.
        """
        for name in self._changed(self.best):
            if ends is not None and time.monotonic() > ends:
                return
            defaults = {each.name: each.default for each in self._dimensions}
            values = {**self.best.values, name: defaults[name]}
            if all(each.values != values for each in self.tries):
                self._enqueue(values, {SIMPLER: True})
                self._study.optimize(objective, n_trials=1)
        self._study.set_user_attr(SIMPLIFIED, len(self.tries))

    def _enqueue(self, values: Values, marks: dict[str, bool] | None = None) -> None:
        drawn = {each.name: _parameter(each, values[each.name]) for each in self._dimensions}
        self._study.enqueue_trial(drawn, user_attrs=marks)

    def _completed(self, mark: str = ASKED) -> "list[optuna.trial.FrozenTrial]":
        trials = self._study.get_trials(deepcopy=False, states=self._states("COMPLETE"))
        return [each for each in trials if mark in each.user_attrs]

    def _changed(self, tried: Try) -> list[str]:
        return [each.name for each in self._dimensions if tried.values[each.name] != each.default]

    def _objective(
        self, judge: Judge, usable: Callable[[Values], bool], told: Told
    ) -> "Callable[[optuna.Trial], float]":
        def objective(trial: "optuna.Trial") -> float:
            values = {each.name: each.value(_drawn(trial, each)) for each in self._dimensions}
            if not usable(values):
                raise self._optuna.TrialPruned

            def watch(batch: int, mean: float) -> bool:
                trial.report(mean, batch)
                return trial.should_prune()

            mean, asked = judge(values, watch)
            trial.set_user_attr(VALUES, values)
            trial.set_user_attr(ASKED, asked)
            told(Try(trial.number, values, mean, asked))
            # Of what was given up, too, so that what is like it is not tried: it is below the best.
            return mean

        return objective

    def _opened(self, file: Path | None, name: str) -> "optuna.Study":
        library = self._optuna
        library.logging.set_verbosity(library.logging.ERROR)
        with warnings.catch_warnings():
            # It is called experimental; its interface has stayed since Optuna 3.6.
            warnings.simplefilter("ignore", library.exceptions.ExperimentalWarning)
            pruner = library.pruners.WilcoxonPruner(p_threshold=SURE, n_startup_steps=FIRST_BATCHES)
        if file is not None:
            _check_file(file)
            self._storage = library.storages.RDBStorage(f"sqlite:///{file.resolve()}")
        study: optuna.Study = library.create_study(
            study_name=name,
            storage=self._storage,  # None is in memory
            pruner=pruner,
            direction="maximize",
            load_if_exists=True,
        )
        return study

    def _check(self, question: Mapping[str, str], file: Path | None) -> None:
        asked = {**question, **{f"range of {each.name}": _range(each) for each in self._dimensions}}
        held = self._study.user_attrs.get(QUESTION)
        if held is None:
            self._study.set_user_attr(QUESTION, asked)
        elif held != asked:
            other = sorted(name for name in {*held, *asked} if held.get(name) != asked.get(name))
            raise StudyMismatch(
                f"the study {self._study.study_name!r} in {file} is about something else "
                f"({', '.join(other[:5])}): go on as it was begun, or name another file"
            )

    def _states(self, *names: str) -> tuple["optuna.trial.TrialState", ...]:
        return tuple(self._optuna.trial.TrialState[name] for name in names)


def _check_file(file: Path) -> None:
    """Refuse a file that is something else, such as the service's own records."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            reading = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name for (name,) in reading}
    except sqlite3.DatabaseError as error:
        raise StudyMismatch(
            f"{file} is no study ({error}): name one, or a file that is not there yet"
        ) from error
    if tables and "studies" not in tables:
        raise StudyMismatch(
            f"{file} holds something else than studies: name a file that is not there yet"
        )


def _try(trial: "optuna.trial.FrozenTrial") -> Try:
    return Try(
        trial.number,
        trial.user_attrs[VALUES],
        float(trial.value or 0.0),
        int(trial.user_attrs[ASKED]),
    )


def _drawn(trial: "optuna.Trial", where: Dimension) -> float:
    if where.whole:
        return trial.suggest_int(where.name, round(where.low), round(where.high), log=where.log)
    return trial.suggest_float(where.name, where.low, where.high, log=where.log)


def _parameter(where: Dimension, value: float) -> float:
    return round(value) if where.whole else value


def _range(where: Dimension) -> str:
    return f"{where.low:.10g} to {where.high:.10g}, now {where.default:.10g}"


def _library() -> ModuleType:
    try:
        import optuna
    except ImportError as error:
        raise TunerUnavailable("tuning needs Optuna: pip install 'kindred[evaluate]'") from error
    return optuna
