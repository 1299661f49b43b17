"""What lists are like besides being right: varied, surprising, true to a person's tastes, fair.

Of single lists (one number a person): novelty, diversity, serendipity, calibration, share of new
items. Of all lists together: how much of the catalogue is shown, and how evenly.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from app.evaluation.features import categories, described
from app.evaluation.log import Log
from app.evaluation.metrics import NOTHING, Flags, Floats, Ints, Ranking

ALPHA = 0.01
"""Share of the person's own tastes mixed into a list's, as in Steck 2018, so that the divergence is
finite where a list lacks a category."""


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What lists are judged against, made once a run.

    Attributes:
        popularity: Shape (items,): how many people touched each in training.
        people: How many people there were in training.
        touches: Shape (people, items), 1 where a person touched an item in training.
        words: Shape (items, words), unit rows (`app.evaluation.features.described`).
        categories: Shape (items, categories), rows sum to 1 or 0.
    """

    popularity: Ints
    people: int
    touches: "sparse.csr_array"
    words: "sparse.csr_array"
    categories: "sparse.csr_array"

    @classmethod
    def of(cls, train: Log) -> "Background":
        """Make it from what was learned from."""
        return cls(
            train.popularity(),
            max(int(np.unique(train.person).size), 1),
            train.touches(),
            described(train.things),
            categories(train.things),
        )


def of_lists(
    ranking: Ranking, hits: Flags, people: Ints, known: Background, k: int
) -> Mapping[str, Floats]:
    """Judge the first k of every list.

    Args:
        ranking: Shape (n, m), m at least k.
        hits: Shape (n, m).
        people: Shape (n,), person numbers.
        known: What to judge against.
        k: How many places.

    Returns:
        Name to shape (n,), NaN where nothing can be said of a person:

        - novelty: mean self-information of the items, -log2((touched by + 1) / (people + 1)), in
          bits (Zhou et al., PNAS 2010; smoothed, so that an item nobody touched is finite).
        - diversity: mean of 1 - cosine over the pairs of the list, in words and categories
          (Ziegler et al., "Improving recommendation lists through topic diversification", WWW
          2005); NaN for lists of one.
        - serendipity: mean over places of hit · (1 - mean cosine to what the person touched)
          (Zhang et al., "Auralist", WSDM 2012, as `recommenders` has it); NaN without a past.
        - miscalibration: KL divergence of the list's categories from those of the person's past,
          0 when they agree (Steck, "Calibrated recommendations", RecSys 2018); in nats; NaN where
          either has no categories.
        - new_items: share of the places held by items nobody had touched.
    """
    top, right = ranking[:, :k], hits[:, :k]
    there = top != NOTHING
    sizes = there.sum(axis=1)
    lists = _as_rows(top, known.popularity.size)
    pasts = known.touches[people]
    return {
        "novelty": _mean(_self_information(known)[top], there),
        "diversity": _diversity(lists, known.words, sizes),
        "serendipity": _serendipity(top, right & there, pasts, known.words),
        "miscalibration": _miscalibration(lists, pasts, known.categories),
        "new_items": _mean((known.popularity[top] == 0).astype(np.float64), there),
    }


def coverage(ranking: Ranking, items: int, k: int) -> float:
    """Share of the catalogue that is in the first k of anybody's list, 0 to 1."""
    top = ranking[:, :k]
    return float(np.unique(top[top != NOTHING]).size / items)


def gini(ranking: Ranking, items: int, k: int) -> float:
    """How unevenly the catalogue's items are shown among the first k.

    The Gini index of how often each item is shown, items never shown included: 0 when all are shown
    alike, towards 1 when one takes all places (Shani and Gunawardana, "Evaluating recommendation
    systems", 2011). NaN where nothing is shown.
    """
    top = ranking[:, :k]
    shown = np.sort(np.bincount(top[top != NOTHING], minlength=items)).astype(np.float64)
    if shown.sum() == 0:
        return float("nan")
    places = np.arange(1, items + 1)
    return float(((2 * places - items - 1) * shown).sum() / (items * shown.sum()))


def _self_information(known: Background) -> Floats:
    return np.asarray(-np.log2((known.popularity + 1) / (known.people + 1)))


def _mean(values: Floats, there: Flags) -> Floats:
    """Average each row over the places that hold an item; NaN for an empty list."""
    sizes = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.where(sizes > 0, total / np.maximum(sizes, 1), np.nan)


def _as_rows(top: Ranking, items: int) -> "sparse.csr_array":
    rows, places = np.nonzero(top != NOTHING)
    ones = np.ones(rows.size)
    return sparse.csr_array((ones, (rows, top[rows, places])), shape=(top.shape[0], items))


def _diversity(lists: "sparse.csr_array", words: "sparse.csr_array", sizes: Ints) -> Floats:
    """Use that the cosines of all pairs sum to half of |Σ v|² - Σ |v|²."""
    sums = sparse.csr_array(lists @ words)
    squares = np.asarray(words.multiply(words).sum(axis=1)).ravel()
    together = np.asarray(sums.multiply(sums).sum(axis=1)).ravel() - lists @ squares
    pairs = sizes * (sizes - 1)
    return np.where(pairs > 0, 1 - together / np.maximum(pairs, 1), np.nan)


def _serendipity(
    top: Ranking, right: Flags, pasts: "sparse.csr_array", words: "sparse.csr_array"
) -> Floats:
    known = np.asarray(pasts.sum(axis=1)).ravel()
    tastes = sparse.csr_array(pasts @ words)
    rows, places = np.nonzero(right)
    likeness = np.asarray(tastes[rows].multiply(words[top[rows, places]]).sum(axis=1)).ravel()
    surprise = np.bincount(rows, 1 - likeness / np.maximum(known[rows], 1), minlength=top.shape[0])
    sizes = np.maximum((top != NOTHING).sum(axis=1), 1)
    return np.where(known > 0, surprise / sizes, np.nan)


def _miscalibration(
    lists: "sparse.csr_array", pasts: "sparse.csr_array", kinds: "sparse.csr_array"
) -> Floats:
    wanted, given = (np.asarray((each @ kinds).todense()) for each in (pasts, lists))
    sums = wanted.sum(axis=1), given.sum(axis=1)
    p = wanted / np.maximum(sums[0], 1e-12)[:, None]
    q = given / np.maximum(sums[1], 1e-12)[:, None]
    mixed = (1 - ALPHA) * q + ALPHA * p
    ratio = np.where(p > 0, p / np.where(p > 0, mixed, 1.0), 1.0)
    divergence = (p * np.log(ratio)).sum(axis=1)
    return np.where((sums[0] > 0) & (sums[1] > 0), divergence, np.nan)
