"""From a method's lists to its numbers: for everybody, by segment, and over the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.audit import Audit, Lists, audited
from app.evaluation.beyond import Background, coverage, gini, of_lists
from app.evaluation.confidence import Estimate, estimate
from app.evaluation.metrics import METRICS, Flags, Floats, Ints, Ranking, found
from app.evaluation.segments import of_items, of_people, shares_of_items
from app.evaluation.splits import Questions

BEYOND = ("novelty", "diversity", "serendipity", "miscalibration", "new_items")
"""Names `app.evaluation.beyond.of_lists` gives, in the order of reports."""


NO_GROUPS: Mapping[str, Flags] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What came of one method.

    Attributes:
        name: Of the method.
        seconds: Learning and ranking took.
        overall: "ndcg@10" and so on to its estimate over everybody.
        segments: Name of a group to the same for it.
        catalogue: "coverage@10" and "gini@10" over all lists.
        exposure: Name of a group of items to its shares (`segments.shares_of_items`) of the
            catalogue, of what was liked and to be found, and of the first places.
        audit: The first places and the main metric by groups of items and of people.
        values: Name to shape (n,), one number a person, in the order asked for; for comparisons.
    """

    name: str
    seconds: float
    overall: Mapping[str, Estimate]
    segments: Mapping[str, Mapping[str, Estimate]]
    catalogue: Mapping[str, float]
    exposure: Mapping[str, Mapping[str, float]]
    audit: Audit
    values: Mapping[str, Floats]


def judged(
    name: str,
    ranking: Ranking,
    asked: Questions,
    known: Background,
    *,
    ks: Sequence[int],
    seconds: float = 0.0,
    seed: int = 0,
    items: Mapping[str, Flags] = NO_GROUPS,
    people: Mapping[str, Flags] = NO_GROUPS,
) -> Judged:
    """Judge the lists of one method.

    Args:
        name: Of the method.
        ranking: Shape (n, m), m at least the largest of ks.
        asked: For whom, and what was to be found.
        known: `Background.of(asked.train)`, made once for all methods.
        ks: How many places are looked at; the first is the main one, by which segments are judged.
        seconds: The method took.
        seed: Of the bootstrap.
        items: Groups to audit, name to shape (items,).
        people: Groups to audit besides the segments, name to shape (n,).
    """
    hits = found(ranking, list(asked.targets))
    values: dict[str, Floats] = {}
    for k in ks:
        values |= _accuracy(hits, asked.wanted, k)
        beyond = of_lists(ranking, hits, asked.people, known, k)
        values |= {f"{each}@{k}": beyond[each] for each in BEYOND}
    width, main = len(asked.train.things), ks[0]
    lists = Lists(
        ranking[:, :main],
        hits[:, :main],
        values[f"ndcg@{main}"],
        values[f"miscalibration@{main}"],
        values[f"new_items@{main}"],
    )
    return Judged(
        name,
        seconds,
        {each: estimate(mine, seed=seed) for each, mine in values.items()},
        _segments(ranking, asked, values, main, seed),
        {f"{metric.__name__}@{k}": metric(ranking, width, k) for k in ks for metric in _CATALOGUE},
        shares_of_items(asked, lists.ranking),
        audited(asked, lists, items=items, people={**of_people(asked), **people}, seed=seed),
        values,
    )


_CATALOGUE = (coverage, gini)


def _accuracy(hits: Flags, wanted: Ints, k: int) -> dict[str, Floats]:
    return {f"{name}@{k}": metric(hits, wanted, k) for name, metric in METRICS.items()}


def _segments(
    ranking: Ranking, asked: Questions, values: Mapping[str, Floats], k: int, seed: int
) -> dict[str, dict[str, Estimate]]:
    names = [f"{name}@{k}" for name in METRICS]
    segments = {
        group: {name: estimate(values[name][flags], seed=seed) for name in names}
        for group, flags in of_people(asked).items()
    }
    for group, targets in of_items(asked).items():
        sizes = np.array([each.size for each in targets])
        some = np.flatnonzero(sizes)
        hits = found(ranking[some], [targets[each] for each in some])
        narrowed = _accuracy(hits, sizes[some], k)
        segments[group] = {name: estimate(narrowed[name], seed=seed) for name in names}
    return segments
