"""One tuning from a log to what is recommended: the split, trying, and the test at the end."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.evaluation.log import Log
from app.evaluation.metrics import Floats
from app.evaluation.result import target_digest
from app.evaluation.splits import Questions
from app.evaluations import Trial, asked_of
from app.laboratory import Laboratory, Progress
from app.settings import Settings
from app.tuning.dimension import Values
from app.tuning.errors import NothingToTune
from app.tuning.groups import Group, groups_of
from app.tuning.outcome import Found, Skipped, tested
from app.tuning.panel import Panel, Watch
from app.tuning.spaces import ScenarioSpace, SettingsSpace, Space
from app.tuning.study import Study, Told
from app.tuning.traits import Traits


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be tuned, and by what.

    Attributes:
        trial: How a log is split and asked; its first k is looked at, its methods are not.
        metric: What is to be raised, one of `app.evaluation.metrics.METRICS`.
        tries: In all, a study.
        training: How many ways to learn are tried before that, for everybody and with settings
            alone; each takes a training. 0: it stays as it is.
        seconds: Nothing new is tried after so long; None: no bound.
        scenarios: Whether only what a scenario can say is looked for.
        segments: Whether each segment has a study and a scenario of its own.
        file: Where studies are kept, to go on with; None: nowhere.
        proves: Whether what is found is tested on the rest; otherwise that stays untouched, and
            nothing is surely better.
    """

    trial: Trial
    metric: str = "ndcg"
    tries: int = 50
    training: int = 0
    seconds: float | None = None
    scenarios: bool = False
    segments: bool = False
    file: Path | None = None
    proves: bool = True


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of it.

    Attributes:
        validation: What was tried was judged by these people.
        test: And in the end by these.
        found: What came of each study.
        skipped: Segments with too few people.
    """

    validation: Questions
    test: Questions
    found: tuple[Found, ...]
    skipped: tuple[Skipped, ...]


def tune(
    log: Log,
    plan: Plan,
    environment: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    progress: Progress = lambda *_: None,
    told: Callable[[str], Told] = lambda _: lambda _: None,
) -> Tuned:
    """Look for better settings within what may be learned from, and test them on the rest, once.

    Args:
        log: All that is known.
        plan: What is wanted.
        environment: Of the laboratory: every variable that is set; its data folder is filled.
        clock: Gives the time, with an offset.
        progress: Told how far it is.
        told: Given the name of a study, returns what is told of each try.

    Raises:
        NothingToEvaluate, NothingToTune: Too little is left.
        StudyMismatch: The studies of the file are about something else.
        TunerUnavailable: Optuna is not installed.
        IndexerError: The laboratory could not be filled.
    """
    trial = replace(plan.trial, validation=False)
    test = asked_of(log, trial)
    validation = asked_of(log, replace(trial, validation=True))
    groups, skipped = groups_of(
        validation, test, segments=plan.segments, k=trial.ks[0], seed=trial.seed
    )
    settings = Settings.from_environment(environment)
    with ExitStack() as stack:
        laboratory = stack.enter_context(Laboratory(settings, clock=clock, exact=trial.exact))
        laboratory.fill(validation.train, progress)
        if plan.training and laboratory.unlearned is not None:
            raise NothingToTune(f"there is no training to tune: {laboratory.unlearned}")
        tuning = _Tuning(plan, environment, settings, laboratory, progress, told, stack)
        found = [tuning.tried(each) for each in groups]
        differing = [each for each in found if each.changes and plan.proves]
        if differing:
            # What was held back to try by is part of what may be learned from now.
            laboratory.advance(test.train, test.train.only(trial.rule(test.train)), progress)
            differing = list(tuning.proved(groups, differing))
        proved = {each.name: each for each in differing}
    return Tuned(
        validation, test, tuple(proved.get(each.name, each) for each in found), tuple(skipped)
    )


class _Tuning:
    """Studies in one laboratory."""

    def __init__(
        self,
        plan: Plan,
        environment: Mapping[str, str],
        settings: Settings,
        laboratory: Laboratory,
        progress: Progress,
        told: Callable[[str], Told],
        stack: ExitStack,
    ) -> None:
        self._plan = plan
        self._environment = environment
        self._settings = settings
        self._laboratory = laboratory
        self._progress = progress
        self._told = told
        self._stack = stack
        self._scenarios = plan.scenarios or plan.segments
        self._trained: Mapping[str, str] = {}
        self._spaces: dict[str, Space] = {}
        self._studies: dict[str, Study] = {}

    def tried(self, group: Group) -> Found:
        """Try for one group of people: first how to learn, if that is wanted, then how to rank."""
        space: Space
        if self._plan.training:
            space = SettingsSpace.of_training(self._environment)
            study = self._study(group, f"training for {group.name}", space)
            # What does not help is left in: to try without it takes a training, too.
            self._go_on(group, study, space, self._plan.training, simplify=False)
            self._trained = space.changes(study.best.values)
            space.method(self._laboratory, self._trained, self._progress)
            learnt, how = study, space
        kind = "scenario" if self._scenarios else "settings"
        name = f"{kind} for {group.name}"
        if self._trained:
            name += f", learned with {' '.join(map('='.join, sorted(self._trained.items())))}"
        space = self._space(group)
        study = self._studies[group.name] = self._study(group, name, space)
        self._spaces[group.name] = space
        self._go_on(group, study, space, self._plan.tries)
        found = Found(
            group.name,
            space.dimensions,
            f"{self._plan.metric}@{group.validation.k}",
            len(group.validation),
            study.tries[0].mean,
            tuple(study.tries),
            study.best,
            space.changes(study.best.values),
        )
        return _with_training(found, how, learnt, self._trained) if self._plan.training else found

    def _study(self, group: Group, name: str, space: Space) -> Study:
        plan = self._plan
        made = Study(plan.file, name, self._question(group), space.dimensions, seed=plan.trial.seed)
        self._stack.callback(made.close)
        return made

    def _go_on(
        self, group: Group, study: Study, space: Space, most: int, *, simplify: bool = True
    ) -> None:
        plan, panel = self._plan, group.validation

        def judge(values: Values, watch: Watch) -> tuple[float, int]:
            method = space.method(self._laboratory, space.changes(values), self._progress)
            before = len(study.tries) * len(panel)
            asked = 0

            def watched(batch: int, mean: float) -> bool:
                nonlocal asked
                asked += panel.batches[batch].size
                done, total = before + asked, most * len(panel)
                self._progress(f"trying for {group.name}", done, max(done, total))
                return watch(batch, mean)

            judged = panel.judged(method, plan.metric, watched)
            return float(np.nanmean(judged)), asked

        study.go_on(
            judge,
            most=most,
            usable=space.usable,
            seconds=plan.seconds,
            simplify=simplify,
            told=self._told(group.name if simplify else f"training for {group.name}"),
        )

    def proved(self, groups: Sequence[Group], found: Sequence[Found]) -> tuple[Found, ...]:
        """Test what was found on the untouched part."""
        panels = {each.name: each.test for each in groups}
        before = self._judged(panels, {each.name: {} for each in found})
        after = self._judged(panels, {each.name: each.changes for each in found})
        k, seed = self._plan.trial.ks[0], self._plan.trial.seed
        looked = [replace(each, looks=self._studies[each.name].looked()) for each in found]
        return tested(looked, before, after, k=k, seed=seed)

    def _judged(
        self, panels: Mapping[str, Panel], changes: Mapping[str, Mapping[str, Any]]
    ) -> list[dict[str, Floats]]:
        """Ask everybody of each group what lists are worth with its changes to what holds now."""
        values = []
        for done, (name, mine) in enumerate(changes.items()):
            self._progress("testing", done, len(changes))
            space = self._spaces[name]
            if self._trained:
                space = SettingsSpace(self._environment, self._settings, (), relearns=True)
            method = space.method(self._laboratory, mine, self._progress)
            values.append(panels[name].whole(method))
        return values

    def _space(self, group: Group) -> Space:
        spaces = self._laboratory.spaces
        if self._scenarios:
            return ScenarioSpace.of(self._settings, spaces)
        train = group.validation.asked.train
        traits = Traits.of(train, neutral_rating=self._settings.neutral_rating)
        return SettingsSpace.of({**self._environment, **self._trained}, spaces, traits)

    def _question(self, group: Group) -> dict[str, str]:
        """Say what a study is about, so that nobody goes on with another by mistake."""
        trial, asked = self._plan.trial, group.validation.asked
        return {
            "people and what is to be found": target_digest(asked),
            "learned from": f"{len(asked.train)} interactions",
            "metric": f"{self._plan.metric}@{group.validation.k}",
            "search": trial.search,
            "seed": str(trial.seed),
            "models": " ".join(self._settings.embedder_specifications().values()),
        }


def _with_training(found: Found, space: Space, study: Study, changes: Mapping[str, str]) -> Found:
    """Add what was found of learning to what was found of ranking after it."""
    best = replace(found.best, values={**study.best.values, **found.best.values})
    return replace(
        found,
        dimensions=(*space.dimensions, *found.dimensions),
        now=study.tries[0].mean,
        best=best,
        changes={**changes, **found.changes},
        trained=tuple(study.tries),
    )
