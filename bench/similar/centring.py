"""Means fitted on a few items that are all alike, with and without a prior."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.similar.catalogue import Catalogue, Rows, share_of
from bench.similar.nearest import alike, nearest
from bench.similar.vectors import Vectors, Weights
from bench.similar.weighting import AS_GOOD, split
from embedders.layout import Geometry
from embedders.spaces import Array

SPACES = ("text", "image", "mix")
"""Lists that are measured: those of one space, and the mix."""

SIZES = (20, 50, 100)
"""Items the means are fitted on."""

PRIOR_WEIGHTS = (0, 20, 50, 100, 200)
"""How many items the prior counts as; 0 is the plain mean of the few."""

KINDS = 5
"""Article types that take turns at being the few, the commonest first."""

QUESTIONS = 1_500
"""Items whose lists are measured, chosen by a hash of the id; candidates are all."""


Shares = Mapping[str, float]
"""Each of SPACES to the share of the same article type."""


@dataclass(frozen=True, slots=True)
class Centring:
    """How lists fare with the means of a few like items.

    Attributes:
        prior_items: How many items the prior counted as.
        prior: Whether it was the shipped prior, or else zero.
        of_size: Items the means were fitted on, to how the lists did: an average over the kinds
            that have so many items.
    """

    prior_items: int
    prior: bool
    of_size: Mapping[int, Shares]


@dataclass(frozen=True, slots=True)
class Centrings:
    """All of them, and what they are to be held against.

    Attributes:
        few: With the means of a few like items.
        none: Without centring.
        prior_alone: Centred on the prior.
        full: Centred on the whole catalogue, as after a rebuild.
        kinds: The article types that took turns.
    """

    few: Sequence[Centring]
    none: Shares
    prior_alone: Shares
    full: Shares
    kinds: Sequence[str]


def centrings(catalogue: Catalogue, vectors: Vectors, weights: Weights) -> Centrings:
    """Measure the lists of the whole catalogue under means fitted on a few of one kind."""
    score = _scorer(catalogue, vectors, weights)
    zeros = {
        space.name: np.zeros(space.dimensions, dtype=np.float32) for space in vectors.layout.spaces
    }
    priors = {**zeros, **vectors.priors}
    kinds = [kind for kind, _ in Counter(catalogue.values("articleType")).most_common(KINDS)]
    few = []
    for prior_items in PRIOR_WEIGHTS:
        for towards, shipped in ((priors, True), (zeros, False)):
            if shipped or prior_items:
                few.append(
                    Centring(
                        prior_items,
                        shipped,
                        {
                            size: _average(score, vectors, groups, towards, prior_items)
                            for size in SIZES
                            if (groups := _groups(catalogue, kinds, size))
                        },
                    )
                )
    return Centrings(few, score(zeros), score(priors), score(vectors.geometry().means), kinds)


def best_prior(measured: Centrings) -> int:
    """Choose how many items the prior counts as: the fewest that do as well as any in the mix.

    The average over all sizes decides. The fewest, because the priors have seen products like these
    and a catalogue of other things should not carry more of them than helps.
    """
    shipped = [each for each in measured.few if each.prior and each.of_size]
    if not shipped:
        return 0
    averages = {
        each.prior_items: float(np.mean([shares["mix"] for shares in each.of_size.values()]))
        for each in shipped
    }
    most = max(averages.values())
    return min(items for items, average in averages.items() if average >= most - AS_GOOD)


def _scorer(
    catalogue: Catalogue, vectors: Vectors, weights: Weights
) -> Callable[[Mapping[str, Array]], Shares]:
    dice = [share_of(product.number, "centring") for product in catalogue.products]
    questions = np.sort(np.argsort(dice)[:QUESTIONS])

    def score(means: Mapping[str, Array]) -> Shares:
        centred = Geometry(vectors.layout, means, maps={}, fitted_on=0)
        held = centred.evidence(vectors.raw)
        found = {
            name: nearest(vectors.layout.query(held, worth), held, questions)
            for name, worth in zip(SPACES, (split(0.0), split(1.0), weights), strict=True)
        }
        return {name: alike(lists, catalogue).type for name, lists in found.items()}

    return score


def _groups(catalogue: Catalogue, kinds: Sequence[str], size: int) -> list[Rows]:
    """Take `size` items of each kind that has so many, by a hash of the id."""
    dice = np.array([share_of(product.number, "first items") for product in catalogue.products])
    values = np.array(catalogue.values("articleType"))
    members = [np.flatnonzero(values == kind) for kind in kinds]
    return [rows[np.argsort(dice[rows])[:size]] for rows in members if len(rows) >= size]


def _average(
    score: Callable[[Mapping[str, Array]], Shares],
    vectors: Vectors,
    groups: Sequence[Rows],
    towards: Mapping[str, Array],
    prior_items: int,
) -> Shares:
    scores = []
    for rows in groups:
        means: dict[str, Array] = {}
        for name, prior in towards.items():
            there = rows[vectors.raw.present[name][rows]]
            total = vectors.raw.vectors[name][there].sum(axis=0, dtype=np.float64)
            mean = (total + prior_items * prior) / max(len(there) + prior_items, 1)
            means[name] = mean.astype(np.float32)
        scores.append(score(means))
    return {space: float(np.mean([each[space] for each in scores])) for space in SPACES}
