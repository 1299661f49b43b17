"""In which order should what goes together come? Tried on orders that came later.

    python -m bench.together_order online_retail_II.parquet

Pairs are counted in the first nine tenths of UCI Online Retail II. Of each order of the last tenth
one line is shown, drawn by lot, and the first five that go with it are compared with the other
lines. Different items in the first places of all lists say how much of a shop they show.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.behaviour.baskets import baskets
from app.behaviour.cleaning import clean
from app.behaviour.log import Log
from app.behaviour.together import Together, TogetherRules, together
from app.behaviour.visits import Visits, visits
from app.datasets.online_retail import online_retail
from app.together.settings import PERSONAL

SEED = 1
CUT = 0.9
PLACES = 5
EVERYTHING = 5_000
"""Pairs kept beside an item while orders are compared: all there are."""

Tops = NDArray[np.int64]
"""Shape (items, PLACES), -1 where there are no more."""


@dataclass(frozen=True, slots=True)
class Found:
    """How one order did.

    Attributes:
        hits: Shape (orders,), whether any of the first five was in the order.
        share: Of the first five that were, on average.
        shown: Different items in first fives.
    """

    hits: NDArray[np.bool_]
    share: float
    shown: int


def first_places(found: Together, worth: NDArray[np.float64]) -> Tops:
    """Take the first of every item's list, put in another order; ties by number."""
    tops = np.full((len(found.starts) - 1, PLACES), -1, dtype=np.int64)
    for item in range(len(tops)):
        own = slice(found.starts[item], found.starts[item + 1])
        order = np.lexsort((found.others[own], -worth[own]))[:PLACES]
        tops[item, : len(order)] = found.others[own][order]
    return tops


def tried(tops: Tops, later: Visits) -> Found:
    """Compare first places with the rest of every later order of two lines or more."""
    dice = np.random.default_rng(SEED)
    starts = np.flatnonzero(np.diff(later.baskets, prepend=-1))
    sizes = np.diff(starts, append=len(later))
    hits, shares = [], []
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        lines = later.items[start : start + size]
        shown = int(lines[dice.integers(size)])
        right = np.isin(tops[shown], lines[lines != shown]).sum()
        hits.append(right > 0)
        shares.append(right / PLACES)
    return Found(np.array(hits), float(np.mean(shares)), len(np.unique(tops[tops >= 0])))


def visited(log: Log, rows: NDArray[np.bool_]) -> Visits:
    """Clean a part of a log and cut it into visits."""
    left = clean(log.kept(rows), PERSONAL).log
    marks = np.ones(len(left), dtype=np.uint16)
    return visits(left.people, baskets(left), left.items, marks)


def orders(early: Visits, items: int) -> Mapping[str, Tops]:
    """Give the first places of every way of ordering."""
    kept = together(early, items, TogetherRules(per_item=EVERYTHING))
    loose = together(
        early, items, TogetherRules(least_people=1, least_llr=0.0, per_item=EVERYTHING)
    )
    most = np.argsort(-np.bincount(early.items, minlength=items), kind="stable")[: PLACES + 1]
    best = np.stack([most[most != item][:PLACES] for item in range(items)])
    return {
        "log-likelihood ratio (Kindred)": first_places(kept, kept.llr),
        "baskets in common": first_places(loose, loose.baskets.astype(np.float64)),
        "lift, of pairs Kindred keeps": first_places(kept, kept.lift),
        "lift, of all pairs": first_places(loose, loose.lift),
        "most bought, whatever is shown": best,
    }


def main() -> None:
    """Compare, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    held = online_retail(parser.parse_args().file)
    log = Log(
        held.person.astype(np.int64),
        held.item.astype(np.int64),
        held.kind.astype(np.int64),
        np.ones(len(held.item), dtype=np.float32),
        held.when / 86_400.0,
    )
    cut = np.quantile(log.days, CUT)
    early, later = visited(log, log.days < cut), visited(log, log.days >= cut)
    print("| order | an item in the order | of the five | different items shown |")
    print("| --- | ---: | ---: | ---: |")
    for name, tops in orders(early, len(held.things)).items():
        found = tried(tops, later)
        margin = 1.96 * found.hits.std() / np.sqrt(len(found.hits))
        print(
            f"| {name} | {found.hits.mean():.3f} ± {margin:.3f} | {found.share:.3f} "
            f"| {found.shown:,} |"
        )
    print(f"{len(found.hits):,} orders, {len(np.unique(early.items)):,} items")


if __name__ == "__main__":
    main()
