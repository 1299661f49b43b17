"""What came of tuning: what did best, and whether it is better on people it was not chosen by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from app.evaluation.comparing import Compared
from app.evaluation.confidence import difference, holm
from app.evaluation.metrics import METRICS, Floats
from app.tuning.dimension import Dimension
from app.tuning.study import Try

FORM = "kindred-tuning-1"
"""Names the shape of the JSON; it changes when a reader of the old one would err."""

LEVEL = 0.05
"""Largest adjusted p of what is called surely better."""

EVERYBODY = "everybody"

Values = Mapping[str, Floats]
"""Metric to one number a person."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one study.

    Attributes:
        name: EVERYBODY, or the segment it is about.
        dimensions: What was looked for.
        metric: What was to be raised, with its places: "ndcg@10".
        people: That what was tried was judged by.
        now: Mean of what holds now over them.
        tries: In order.
        best: Of them.
        trained: Tries before these that everything was learned anew for.
        changes: How the best differs from what holds now, as it is written; nothing if it does not.
        tested: By metric, on the untouched part; None where nothing was to be tested.
        looks: How often that part has been looked at for this study; more than once is some luck.
    """

    name: str
    dimensions: tuple[Dimension, ...]
    metric: str
    people: int
    now: float
    tries: tuple[Try, ...]
    best: Try
    changes: Mapping[str, Any]
    trained: tuple[Try, ...] = ()
    tested: tuple[Compared, ...] | None = None
    looks: int = 0

    @property
    def given_up(self) -> int:
        """How many tries were not asked to the end."""
        return sum(each.asked < self.people for each in self.tries)

    @property
    def main(self) -> Compared | None:
        """The test by what was to be raised."""
        return next((each for each in self.tested or () if each.metric == self.metric), None)

    @property
    def surely_better(self) -> bool:
        """Whether chance alone would hardly make the best look so good on the untouched part."""
        main = self.main
        return main is not None and main.gap.low > 0 and main.adjusted < LEVEL

    @property
    def verdict(self) -> str:
        """Say in a sentence what to do."""
        main = self.main
        if main is None:
            return f"{self.name}: nothing that was tried is better than what holds now; keep that"
        gap = main.gap
        numbers = (
            f"{self.metric} {main.second:.4f} instead of {main.first:.4f} ({gap.mean:+.4f}, "
            f"95 % {gap.low:+.4f} to {gap.high:+.4f}, p {main.adjusted:.4f}) over {gap.people:,} "
            "people it was not tuned on"
        )
        if self.surely_better:
            return f"{self.name}: better, {numbers}"
        return f"{self.name}: not surely better, {numbers}; keep what holds now"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A segment with too few people.

    Attributes:
        validation, test: How many there are.
    """

    name: str
    validation: int
    test: int


def tested(
    found: Sequence[Found], before: Sequence[Values], after: Sequence[Values], *, k: int, seed: int
) -> tuple[Found, ...]:
    """Compare person by person.

    Args:
        found: Whatever is to be tested.
        before: For each, what everybody's list was worth with what holds now.
        after: Likewise with the best.
        k: Places that were looked at.
        seed: Of the draws.

    Returns:
        In the same order, with `tested`; p adjusted for there being several (Holm), each metric by
        itself.
    """
    rows: list[list[Compared]] = [[] for _ in found]
    for metric in METRICS:
        gaps = [
            difference(a[metric], b[metric], seed=seed) for a, b in zip(before, after, strict=True)
        ]
        for place, (gap, chance) in enumerate(zip(gaps, holm([g.p for g in gaps]), strict=True)):
            means = float(before[place][metric].mean()), float(after[place][metric].mean())
            rows[place].append(Compared(found[place].name, f"{metric}@{k}", *means, gap, chance))
    return tuple(replace(each, tested=tuple(mine)) for each, mine in zip(found, rows, strict=True))


def as_json(
    about: Mapping[str, object], found: Sequence[Found], skipped: Sequence[Skipped]
) -> dict[str, Any]:
    """Write everything as JSON values."""
    return {
        "form": FORM,
        "about": dict(about),
        "found": [_found(each) for each in found],
        "skipped": [asdict(each) for each in skipped],
    }


def _found(found: Found) -> dict[str, Any]:
    return {
        "name": found.name,
        "metric": found.metric,
        "verdict": found.verdict,
        "surely_better": found.surely_better,
        "changes": dict(found.changes),
        "validation": {
            "people": found.people,
            "now": found.now,
            "best": found.best.mean,
            "tries": len(found.tries),
            "given_up": found.given_up,
        },
        "test": None if found.tested is None else [asdict(each) for each in found.tested],
        "looks": found.looks,
        "dimensions": [
            {
                "name": each.name,
                "low": each.text(each.low),
                "high": each.text(each.high),
                "now": each.text(each.default),
                "best": each.text(found.best.values[each.name]),
            }
            for each in found.dimensions
        ],
        "trained": [asdict(each) for each in found.trained],
        "tries": [asdict(each) for each in found.tries],
    }
