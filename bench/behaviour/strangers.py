"""What to show somebody of whom nothing is known: what sold ever, lately, or both?

    python -m bench.behaviour.strangers --data FOLDER [--set NAME]

Asks for people who came in a tenth of all interactions, from the counts of before. *At the cut*
everybody is asked for before that tenth begins, for all they touched in it: as the laboratory does.
*Arriving* they are asked for at the moment they came, for what they touched within the hour, which
is what a service is asked. Counts decay as the service's do; prints Markdown, nDCG@10. Later tenths
than the eighth are the test and are not asked for.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.interactions.counts import HALF_LIVES, LASTING, POPULAR, TRENDING
from app.recommend.evidence import KIND_WEIGHTS
from app.recommend.popularity import POPULAR_PRIOR, TRENDING_PRIOR, steadied
from bench.behaviour import data
from bench.behaviour.marks import PLACES, gain, top
from bench.machine import describe
from embedders.sequences import Days, Rows, Sequences

TENTHS = (0.5, 0.6, 0.7)
MOST = 300
"""People a tenth, drawn by a seed."""

DAY = timedelta(days=1)
HOUR = 1 / 24
WEEK = 7.0
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that happened, in order.

    Attributes:
        items, days: Shape (n,), days rising.
        count: How many items there are.
    """

    items: Rows
    days: Days
    count: int

    def counts(self, now: float, half_life: float) -> Counts:
        """Count what happened before a moment, each time half after `half_life` days."""
        until = int(np.searchsorted(self.days, now))
        weights = np.exp2((self.days[:until] - now) / half_life)
        return np.bincount(self.items[:until], weights, minlength=self.count).astype(np.float64)

    def lists(self, now: float, weight: float) -> Mapping[str, Counts]:
        """Score every item by every method; `weight`: of an interaction, in the unit of counts."""
        day, month, year = (HALF_LIVES[each] / DAY for each in (TRENDING, POPULAR, LASTING))
        days, months, years = (weight * self.counts(now, each) for each in (day, month, year))
        popular = steady(months, years * (month / year), POPULAR_PRIOR)
        return {
            "popular ever": self.counts(now, np.inf),
            "the last week's": self.counts(now, WEEK),
            "days, steadied by months": steady(days, months * (day / month), TRENDING_PRIOR),
            "as it ships": steady(days, popular * (day / month), TRENDING_PRIOR),
        }


def steady(counts: Counts, usual: Counts, prior: float) -> Counts:
    """Steady every item's count by its usual one."""
    pairs = zip(counts.tolist(), usual.tolist(), strict=True)
    return np.array([steadied(count, each, prior=prior) for count, each in pairs])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.behaviour.strangers")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--set", action="append", choices=data.SETS, help="default: all")
    asked = parser.parse_args(arguments)
    print(f"On {describe()}.\n\n| set | from | people | asked | method | nDCG@10 |")
    print("| --- | ---: | ---: | --- | --- | ---: |")
    for name in asked.set or data.SETS:
        dataset = data.read(asked.data, name)
        # A rating of MovieLens says about what a like does.
        weight = KIND_WEIGHTS["purchase" if name == "online-retail" else "like"]
        for start in TENTHS:
            people, found = asked_for(dataset.sequences, len(dataset.contents), start, weight)
            for (when, method), gains in found.items():
                mean = np.mean(gains)
                print(f"| {name} | {start} | {people} | {when} | {method} | {mean:.4f} |")


def asked_for(
    everything: Sequences, items: int, start: float, weight: float
) -> tuple[int, Mapping[tuple[str, str], list[float]]]:
    """Ask for the newcomers of a tenth: how many, and when and by which method to their gains."""
    order = np.argsort(everything.days, kind="stable")
    past = Past(everything.items[order], everything.days[order], items)
    begin, end = np.quantile(everything.days, [start, start + 0.1]).tolist()
    came = np.full(len(everything), np.inf)
    np.minimum.at(came, everything.people, everything.days)
    new = np.flatnonzero((came >= begin) & (came <= end))
    chosen = np.random.default_rng(0).permutation(new)[:MOST]
    at_cut = past.lists(begin, weight)
    gains: dict[tuple[str, str], list[float]] = {}
    for person in chosen.tolist():
        rows = slice(int(everything.starts[person]), int(everything.starts[person + 1]))
        mine, days = everything.items[rows], everything.days[rows]
        first = float(came[person])
        for when, scores, until in (
            ("at the cut", at_cut, end),
            ("arriving", past.lists(first, weight), first + HOUR),
        ):
            wanted = np.unique(mine[days <= until])
            for method, each in scores.items():
                listed = top(np.where(each > 0, each, -np.inf), PLACES)
                gained = gain(np.isin(listed, wanted), len(wanted))
                gains.setdefault((when, method), []).append(gained)
    return len(chosen), gains


if __name__ == "__main__":
    main()
