"""One data set, split one way: every part of what is measured on it, each kept when it is done."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np

from app.clock import utc_now
from app.evaluation.baselines.shelf import WITH_EXTRA
from app.evaluation.log import Log
from app.evaluation.methods import Method
from app.evaluation.metrics import Ints
from app.evaluation.splits import Questions, given, moment
from app.evaluations import OURS as PIPELINE
from app.evaluations import asked_of, for_you
from app.for_you import ForYou
from app.laboratory import Laboratory, Progress
from app.recommend.requests import Wanted
from app.settings import Settings
from app.tuning.outcome import as_json
from app.tunings import Plan as Tuning
from app.tunings import tune
from bench.quality.asking import (
    Lists,
    Run,
    among,
    lists,
    narrowed,
    new_items,
    newest,
    run,
)
from bench.quality.keeping import Drawer, Houses
from bench.quality.plan import (
    ASKED_OF_NEWCOMERS,
    BASELINES,
    CONTENT,
    HYBRID,
    NEWCOMERS,
    OURS,
    TUNED,
    Cell,
    Plan,
)
from bench.quality.rivals import baseline, chosen
from indexer.filters import Range


@dataclass(frozen=True)
class Measuring:
    """What is measured of a cell.

    Attributes:
        plan: How much.
        cell: Which.
        log: Its data.
        drawer: Where parts are kept.
        houses: Where laboratories are.
        say: Told of what is found.
        progress: Told how far it is.
    """

    plan: Plan
    cell: Cell
    log: Log
    drawer: Drawer
    houses: Houses
    say: Callable[[str], None]
    progress: Progress

    def everything(self, *, again: bool = False) -> None:
        """Measure every part that is not kept."""
        for part, measure in self.parts.items():
            if self.plan.parts is not None and part not in self.plan.parts:
                continue
            if again or self.drawer.kept(part) is None:
                self.say(f"{self.cell.name}: {part}")
                self.drawer.keep(part, measure())

    @property
    def parts(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """Name to what measures it, in an order in which each has what it needs."""
        return {
            "rivals": self.rivals,
            "baselines": self.baselines,
            "kindred": self.kindred,
            "exact": self.exact,
            "tuning": self.tuning,
            "tuned": self.tuned,
            "newcomers": self.newcomers,
        }

    def rivals(self) -> Mapping[str, Any]:
        """Choose what can be chosen of the baselines, on validation."""
        trial = self.plan.trial(self.cell)
        validation = asked_of(self.log, replace(trial, validation=True))
        return chosen(validation, self._k, self.say)

    def tuning(self) -> Mapping[str, Any]:
        """Tune as `kindred tune` does, on validation; the test part is not looked at here."""
        self.drawer.folder.mkdir(parents=True, exist_ok=True)
        self.houses.empty(self.log)
        trial = replace(self.plan.trial(self.cell), people=self.plan.panel)
        found = tune(
            self.log,
            Tuning(
                trial, tries=self.plan.tries, file=self.drawer.folder / "study.db", proves=False
            ),
            self.houses.variables,
            clock=utc_now,
            progress=self.progress,
            told=lambda name: lambda tried: self.say(f"{name}: {tried.number} {tried.mean:.4f}"),
        )
        return as_json(self._about, found.found, found.skipped)

    def baselines(self) -> Mapping[str, Run]:
        """Ask the baselines that need no laboratory."""
        installed = find_spec("implicit") is not None
        methods = {
            name: self._baseline(name)
            for name in BASELINES
            if not name.startswith(PIPELINE) and (installed or name not in WITH_EXTRA)
        }
        found = lists(methods, self.asked, self._k, self.progress)
        return self._runs(found) | self._among_new({name: methods[name] for name in ("random",)})

    def kindred(self) -> Mapping[str, Run]:
        """Ask the real pipeline."""
        with self._laboratory() as laboratory:
            names = [name for name in BASELINES if name.startswith(PIPELINE)]
            methods = {name: self._ours(name, laboratory) for name in (*names, *OURS)}
            found = lists(methods, self.asked, self._k, self.progress)
            return self._runs(found) | self._among_new({name: methods[name] for name in OURS})

    def tuned(self) -> Mapping[str, Run]:
        """Ask the real pipeline with the settings that were found."""
        with self._laboratory() as laboratory:
            changes = (self.drawer.kept("tuning") or {})["found"][0]["changes"]
            settings = Settings.from_environment({**self.houses.variables, **changes})
            recommender = laboratory.recommending(settings)
            methods = {TUNED: ForYou(recommender, TUNED, progress=self.progress)}
            found = lists(methods, self.asked, self._k, self.progress)
            return self._runs(found) | self._among_new(methods)

    def exact(self) -> Mapping[str, Run]:
        """Ask the same index, searched exactly."""
        with self._laboratory(exact=True) as laboratory:
            methods = {HYBRID: self._ours(HYBRID, laboratory)}
            found = lists(methods, self.asked, self._k, self.progress)
            return {"all": self._run(self.asked, found)}

    def newcomers(self) -> Mapping[str, Run]:
        """Let people come after everything was learned, and do little."""
        people = self._turned_into_newcomers()
        asked = self.asked.some(people)

        def strangers(laboratory: Laboratory) -> None:
            laboratory.fill(given(asked, 0).train, self.progress)

        runs: dict[str, Run] = {}
        purpose = f"newcomers-{self.cell.name}"
        with self.houses.filled(purpose, self.log, strangers, once=True) as laboratory:
            ours = {name: self._ours(name, laboratory) for name in (CONTENT, HYBRID)}
            before = 0
            for count in NEWCOMERS:
                mine = newest(asked.train, asked.people.tolist(), before, count)
                laboratory.record(mine, self.progress)
                known = given(asked, count)
                rivals = {name: self._baseline(name) for name in ASKED_OF_NEWCOMERS}
                found = lists({**rivals, **ours}, known, self._k, self.progress)
                runs[str(count)] = self._run(known, found)
                before = count
        return runs

    @cached_property
    def asked(self) -> Questions:
        """The test part."""
        return asked_of(self.log, self.plan.trial(self.cell))

    @property
    def _k(self) -> int:
        return self.plan.trial(self.cell).ks[0]

    @property
    def _about(self) -> dict[str, object]:
        trial = self.plan.trial(self.cell)
        share = trial.share if trial.split == "time" else None
        return {"dataset": self.log.name, "split": trial.split, "share": share, "seed": trial.seed}

    def _laboratory(self, *, exact: bool = False) -> AbstractContextManager[Laboratory]:
        train = self.asked.train
        return self.houses.filled(
            f"test-{self.cell.name}",
            self.log,
            lambda laboratory: laboratory.fill(train, self.progress),
            exact=exact,
        )

    def _baseline(self, name: str) -> Method:
        return baseline(name, self.drawer.kept("rivals") or {})

    def _ours(self, name: str, laboratory: Laboratory) -> ForYou:
        return for_you(name, laboratory, self.houses.settings, self.progress)

    def _run(self, asked: Questions, found: Lists) -> Run:
        return run(asked, found, self._k, self._about)

    def _runs(self, found: Lists) -> dict[str, Run]:
        """Judge by everything, and by what was new alone."""
        runs = {"all": self._run(self.asked, found)}
        new = narrowed(self.asked, found, new_items(self.asked))
        return runs if new is None else {**runs, "new": self._run(*new)}

    def _among_new(self, methods: Mapping[str, Method]) -> dict[str, Run]:
        """Rank what is new after the cut alone, among itself."""
        items = new_items(self.asked)
        new = narrowed(self.asked, {}, items)
        if self.cell.split != "time" or new is None:
            return {}
        asked, _ = new
        ours = {
            name: replace(method, wanted=self._new_only(method))
            for name, method in methods.items()
            if isinstance(method, ForYou)
        }
        # Ours get a filter by time: one by ids may not name so many.
        questions = asked if ours else among(asked, items)
        found = lists({**methods, **ours}, questions, self._k, self.progress)
        return {"among new": self._run(asked, found)}

    def _new_only(self, method: ForYou) -> Wanted:
        """Say with a filter what is new; what was first touched at the last moment is not."""
        train = self.asked.train
        last = train.when.max()
        late = np.unique(train.item[train.when == last]).tolist()
        return replace(
            method.wanted,
            where=Range("created_at", gte=moment(float(last))),
            exclude=frozenset(train.things[each].item_id for each in late),
        )

    def _turned_into_newcomers(self) -> Ints:
        """Draw people of whom enough is known to leave as much as is wanted."""
        known = np.bincount(self.asked.train.person, minlength=len(self.asked.train.people))
        able = np.flatnonzero(known[self.asked.people] >= max(NEWCOMERS))
        most = min(self.plan.newcomers, int((known > 0).sum()) // 4, able.size)
        return np.sort(np.random.default_rng(0).choice(able, most, replace=False))
