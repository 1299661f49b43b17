"""Asking methods once, and judging their lists against several sorts of what is to be found."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from app.evaluation.beyond import Background
from app.evaluation.judging import judged
from app.evaluation.log import Log
from app.evaluation.methods import Method
from app.evaluation.metrics import Flags, Ranking
from app.evaluation.result import as_json
from app.evaluation.splits import Questions
from app.laboratory import Progress

Run = dict[str, Any]
"""As `app.evaluation.result.as_json` gives it."""

Lists = Mapping[str, tuple[Ranking, float]]
"""Name of a method to its lists, and the seconds they took."""


def lists(methods: Mapping[str, Method], asked: Questions, k: int, progress: Progress) -> Lists:
    """Ask every method for everybody's first k places."""
    taken: dict[str, tuple[Ranking, float]] = {}
    for place, (name, method) in enumerate(methods.items()):
        progress(f"asking {name}", place, len(methods))
        began = time.perf_counter()
        taken[name] = method.rank(asked, k), time.perf_counter() - began
    return taken


def run(asked: Questions, found: Lists, k: int, about: Mapping[str, object]) -> Run:
    """Judge lists.

    Args:
        asked: What was to be found, of the people of the lists.
        found: By method.
        k: Places that are looked at.
        about: What the run was; JSON values.
    """
    known = Background.of(asked.train)
    judgements = [
        judged(name, ranking, asked, known, ks=(k,), seconds=seconds)
        for name, (ranking, seconds) in found.items()
    ]
    return as_json(about, asked, judgements, ks=(k,))


def merged(runs: Iterable[Run]) -> Run:
    """Put runs over the same questions together, in this order."""
    first, *others = runs
    whole = {**first, "methods": [*first["methods"]], "values": {**first["values"]}}
    for each in others:
        if (each["people"], each["targets"]) != (first["people"], first["targets"]):
            message = "what was kept comes from other questions: measure again, with --again"
            raise ValueError(message)
        whole["methods"] += each["methods"]
        whole["values"] |= each["values"]
    return whole


def new_items(asked: Questions) -> Flags:
    """Mark items nobody touched in what may be learned from, shape (items,)."""
    return np.asarray(asked.train.popularity() == 0)


def narrowed(asked: Questions, found: Lists, items: Flags) -> tuple[Questions, Lists] | None:
    """Let only some items count as to be found, of the people who were to find any; None: nobody.

    The lists stay as they are.
    """
    targets = [mine[items[mine]] for mine in asked.targets]
    some = np.flatnonzero([mine.size > 0 for mine in targets])
    if some.size == 0:
        return None
    kept = asked.some(some)
    left = {name: (ranking[some], seconds) for name, (ranking, seconds) in found.items()}
    return replace(kept, targets=tuple(targets[each] for each in some)), left


def among(asked: Questions, items: Flags) -> Questions:
    """Rank some items alone."""
    only = np.flatnonzero(items).astype(np.int64)
    return replace(asked, among=(only,) * len(asked))


def newest(train: Log, people: Iterable[int], more_than: int, at_most: int) -> Log:
    """Return of some people's last interactions those beyond `more_than`, up to `at_most`."""
    histories = train.histories()
    marked = np.zeros(len(train), dtype=bool)
    for person in people:
        rows = histories.of(person)
        marked[rows[max(rows.size - at_most, 0) : max(rows.size - more_than, 0)]] = True
    return train.only(marked)
