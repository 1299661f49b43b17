"""Two runs over the same people and the same targets, method by method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.evaluation.confidence import Difference, difference, holm
from app.evaluation.errors import NotComparable
from app.evaluation.metrics import Floats


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric of one method in two runs, or of two methods.

    Attributes:
        first, second: Means over the people both runs asked for.
        gap: Second less first.
        adjusted: `gap.p` adjusted for all the comparisons made at once (Holm).
    """

    method: str
    metric: str
    first: float
    second: float
    gap: Difference
    adjusted: float


def compared(
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    *,
    metrics: Sequence[str] | None = None,
    seed: int = 0,
) -> tuple[Compared, ...]:
    """Compare two runs (`app.evaluation.result`).

    Args:
        first: As `result.read` gives it.
        second: Likewise.
        metrics: Which; None: those of the main k that both have.
        seed: Of the draws.

    Returns:
        For every method both have, in the order of the first, every metric.

    Raises:
        NotComparable: They asked for different people or targets, or share no method.
    """
    if (first["people"], first["targets"]) != (second["people"], second["targets"]):
        raise NotComparable(
            f"the runs asked different questions: {len(first['people']):,} people of "
            f"{first['about'].get('dataset')} and {len(second['people']):,} of "
            f"{second['about'].get('dataset')}, or other items to be found; evaluate both on the "
            "same data with the same split and seed"
        )
    pairs = [(name, name) for name in first["values"] if name in second["values"]]
    if not pairs:
        raise NotComparable(
            f"the runs share no method: {', '.join(first['values'])}; {', '.join(second['values'])}"
        )
    chosen = metrics or [name for name in _names(first) if name in _names(second)]
    return _adjusted([_one(first, second, pair, name, seed) for pair in pairs for name in chosen])


def against(
    run: Mapping[str, Any], method: str, metric: str, *, seed: int = 0
) -> tuple[Compared, ...]:
    """Compare every other method of a run with one of them: what each is better by.

    Raises:
        NotComparable: There is no such method.
    """
    if method not in run["values"]:
        raise NotComparable(f"the run has no method {method!r}: {', '.join(run['values'])}")
    others = [name for name in run["values"] if name != method]
    return _adjusted([_one(run, run, (method, name), metric, seed) for name in others])


def _one(
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    methods: tuple[str, str],
    metric: str,
    seed: int,
) -> Compared:
    a, b = (
        _values(run["values"][method][metric])
        for run, method in zip((first, second), methods, strict=True)
    )
    gap = difference(a, b, seed=seed)
    return Compared(methods[1], metric, float(a.mean()), float(b.mean()), gap, gap.p)


def _adjusted(rows: list[Compared]) -> tuple[Compared, ...]:
    chances = holm([each.gap.p for each in rows])
    return tuple(
        Compared(each.method, each.metric, each.first, each.second, each.gap, chance)
        for each, chance in zip(rows, chances, strict=True)
    )


def _names(run: Mapping[str, Any]) -> list[str]:
    main = f"@{run['ks'][0]}"
    values: Mapping[str, object] = next(iter(run["values"].values()), {})
    return [name for name in values if name.endswith(main)]


def _values(listed: list[float | None]) -> Floats:
    return np.array([np.nan if each is None else each for each in listed], dtype=np.float64)
