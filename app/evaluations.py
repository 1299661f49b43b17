"""One evaluation from a log to numbers: the split, Kindred and the baselines, and judging them."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Literal, get_args

import numpy as np

from app.evaluation.baselines.shelf import BASELINES, at_hand
from app.evaluation.beyond import Background
from app.evaluation.errors import MethodUnavailable
from app.evaluation.groups import of_items
from app.evaluation.judging import NO_GROUPS, Judged, judged
from app.evaluation.log import Log
from app.evaluation.methods import Method
from app.evaluation.metrics import Flags
from app.evaluation.splits import (
    Likelihood,
    Questions,
    Rule,
    among_negatives,
    carved,
    given,
    latest_share,
    leave_last_out,
    questions,
    random_share,
    time_cut,
)
from app.for_you import ForYou
from app.laboratory import Laboratory, Progress
from app.recommend.requests import Wanted
from app.settings import Settings
from embedders.behaviour import SPACE as BEHAVIOUR

SplitName = Literal["time", "last", "random", "random-items"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)

OURS = ("kindred-last", "kindred")
"""What is asked of the real pipeline: what is like the person's last item, and what is for them.
With weights behind a colon it is asked with those: "kindred:text=1,image=0.5"; with nothing but
weights of 0, with the settings' for the other spaces: "kindred:behaviour=0"."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be evaluated, and how.

    Attributes:
        split: "time" (a global cut), "last" (leave the last out), "random" (a share of each
            person's) or "random-items" (of each item's).
        share: Held back by "time" and the random ones, above 0 and below 1.
        cut: For "time", the moment instead of a share.
        validation: Whether to ask of a validation part carved from what may be learned from.
        repeats: Whether what a person has touched may be recommended, and is to be found, again.
        least: Value below which an interaction speaks against an item, or None.
        methods: Names, in the order of the report.
        ks: How many places are looked at, the main one first.
        people: At most so many are asked for, drawn at random; None: all.
        given: All that is known of the people asked for are so many of their newest interactions;
            None: everything.
        negatives: What is to be found is ranked among so many items that are not, instead of the
            whole catalogue; None: the whole catalogue.
        likelihood: How those are drawn.
        by: Names of attributes of items, or "price", whose groups are audited, too.
        exact: Whether Kindred searches exactly.
        server: Address of the Milvus server that Kindred searches with; None: Milvus Lite.
        seed: Of every draw.
    """

    split: SplitName = "time"
    share: float = 0.2
    cut: datetime | None = None
    validation: bool = False
    repeats: bool = False
    least: float | None = None
    methods: tuple[str, ...] = ("popular", "kindred")
    ks: tuple[int, ...] = (10,)
    people: int | None = None
    given: int | None = None
    negatives: int | None = None
    likelihood: Likelihood = "uniform"
    by: tuple[str, ...] = ()
    exact: bool = False
    server: str | None = None
    seed: int = 0

    @property
    def search(self) -> str:
        """How Kindred searches, in a word or two."""
        if self.exact:
            return "exact"
        return "approximate" if self.server is None else "approximate, on a server"

    @property
    def rule(self) -> Rule:
        """What is held back."""
        match self.split:
            case "last":
                return leave_last_out
            case "random":
                return random_share(self.share, seed=self.seed)
            case "random-items":
                return random_share(self.share, per="item", seed=self.seed)
            case "time":
                return latest_share(self.share) if self.cut is None else time_cut(self.cut)


def known_methods() -> tuple[str, ...]:
    """Name everything that can be evaluated here."""
    return (*at_hand(), *OURS)


def checked_methods(names: Sequence[str]) -> tuple[str, ...]:
    """Return names without repeats, or raise MethodUnavailable naming the nearest known one."""
    every = (*BASELINES, *OURS)
    for name in names:
        if name not in BASELINES and _is_ours(name):
            _weights(name)
        elif name not in every:
            near = get_close_matches(name, every, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(every)}"
            raise MethodUnavailable(f"there is no method {name!r}; {hint}")
    return tuple(dict.fromkeys(names))


def _is_ours(name: str) -> bool:
    return name.partition(":")[0] in OURS


def _asked_weights(name: str, settings: Settings, spaces: Collection[str]) -> dict[str, float]:
    """Say what to ask with of these spaces; nothing for the settings' weights."""
    weights = _weights(name)
    if not weights or any(weights.values()):
        return weights
    default = settings.space_weights()
    return {space: default[space] for space in spaces if space in default and space not in weights}


def _weights(name: str) -> dict[str, float]:
    """Read the weights behind a method's name; which spaces there are, the index knows."""
    weights: dict[str, float] = {}
    for part in filter(None, name.partition(":")[2].split(",")):
        space, _, weight = part.partition("=")
        try:
            weights[space] = float(weight)
        except ValueError:
            raise MethodUnavailable(
                f"the method {name!r} has {part!r} for a weight, but it must be SPACE=NUMBER"
            ) from None
    return weights


def asked_of(log: Log, trial: Trial) -> Questions:
    """Split a log as a trial says, and draw the people to ask for.

    Raises:
        NothingToEvaluate: Nothing may be learned from, or nobody is left.
    """
    asked = questions(log, trial.rule, repeats=trial.repeats, least=trial.least)
    if trial.validation:
        asked = carved(asked, trial.rule, repeats=trial.repeats, least=trial.least)
    if trial.people is not None and trial.people < len(asked):
        lots = np.random.default_rng(trial.seed)
        asked = asked.some(np.sort(lots.choice(len(asked), trial.people, replace=False)))
    if trial.given is not None:
        asked = given(asked, trial.given, least=trial.least)
    if trial.negatives is None:
        return asked
    return among_negatives(asked, trial.negatives, by=trial.likelihood, seed=trial.seed)


def evaluate(
    asked: Questions,
    trial: Trial,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    progress: Progress = lambda *_: None,
    people: Mapping[str, Flags] = NO_GROUPS,
) -> Iterator[Judged]:
    """Judge every method, one after the other.

    Args:
        asked: `asked_of` the trial.
        trial: What is wanted.
        settings: Of the laboratory; its data folder is filled where one of OURS is among the
            methods.
        clock: Gives the time, with an offset.
        progress: Told how far it is.
        people: Groups to audit besides the segments, name to shape (n,).

    Raises:
        MethodUnavailable: A baseline's library is not installed.
        IndexerError: The laboratory could not be filled.
    """
    known = Background.of(asked.train)
    items = of_items(asked, trial.by)
    deepest = max(trial.ks)
    with _ours(asked, trial, settings, clock, progress) as ours:
        for place, name in enumerate(trial.methods):
            progress("methods", place, len(trial.methods))
            method = ours[name] if name in ours else BASELINES[name](trial.seed)
            began = time.perf_counter()
            ranking = method.rank(asked, deepest)
            seconds = time.perf_counter() - began
            yield judged(
                name,
                ranking,
                asked,
                known,
                ks=trial.ks,
                seconds=seconds,
                seed=trial.seed,
                items=items,
                people=people,
            )


@contextmanager
def _ours(
    asked: Questions,
    trial: Trial,
    settings: Settings,
    clock: Callable[[], datetime],
    progress: Progress,
) -> Iterator[dict[str, Method]]:
    """Give the methods that need a laboratory, filled, while it is open."""
    names = [name for name in trial.methods if _is_ours(name)]
    if not names:
        yield {}
        return
    with Laboratory(settings, clock=clock, exact=trial.exact) as laboratory:
        laboratory.fill(asked.train, progress)
        for name in names:
            if _weights(name).get(BEHAVIOUR) and laboratory.unlearned is not None:
                message = f"the method {name!r} needs what people did: {laboratory.unlearned}"
                raise MethodUnavailable(message)
        yield {name: for_you(name, laboratory, settings, progress) for name in names}


def for_you(
    name: str,
    laboratory: Laboratory,
    settings: Settings,
    progress: Progress = lambda *_: None,
) -> ForYou:
    """Return one of OURS, as its name says, asked of a laboratory that was filled.

    Args:
        name: See OURS.
        laboratory: Is asked.
        settings: Of the laboratory, for the weights the name does not say.
        progress: Told how far it is.

    Raises:
        MethodUnavailable: A weight is no number.
    """
    weights = _asked_weights(name, settings, laboratory.spaces)
    last_only = name.startswith("kindred-last")
    return ForYou(
        laboratory.recommender,
        name,
        Wanted(weights=weights),
        last_only=last_only,
        progress=progress,
    )
