"""What becomes of items without a picture, for several lengths of predicted blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.similar.catalogue import Catalogue
from bench.similar.nearest import alike, same
from bench.similar.vectors import Vectors, Weights
from embedders.layout import PREDICTED_NORM

SCALES = (0.0, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
"""Lengths that are tried; 0 leaves zeros where the picture's block would be."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How a catalogue fares in which some items lack their picture; shares from 0 to 1.

    Attributes:
        scale: Length of predicted blocks.
        of_catalogue: Items that lack it.
        of_places: Places such items take, in all lists.
        beside_pictures: Places they take in lists of items that have theirs.
        all: Same article type, in all lists.
        own: Same article type, in the lists of items that lack it.
        taken: Same article type, in the places such items take; 0 where they take none.
    """

    scale: float
    of_catalogue: float
    of_places: float
    beside_pictures: float
    all: float
    own: float
    taken: float


def fates(
    catalogue: Catalogue, vectors: Vectors, weights: Weights, scales: Sequence[float] = SCALES
) -> list[Fate]:
    """Take a fifth of the pictures away and measure the lists, once a scale."""
    absent = catalogue.without_picture()
    some_absent = vectors.without(absent)
    measured = []
    for scale in scales:
        lists = some_absent.lists(weights, some_absent.candidates(scale))
        lacking = (lists.found >= 0) & absent[lists.found]
        right = same(lists, catalogue, "articleType")
        measured.append(
            Fate(
                scale=scale,
                of_catalogue=float(absent.mean()),
                of_places=float(lacking.mean()),
                beside_pictures=float(lacking[~absent[lists.questions]].mean()),
                all=alike(lists, catalogue).type,
                own=alike(lists.of(absent), catalogue).type,
                taken=float(right[lacking].mean()) if lacking.any() else 0.0,
            )
        )
    return measured


def fairest(measured: Sequence[Fate]) -> Fate:
    """Choose the scale whose items take their share of places, as nearly as any.

    Among equally fair ones, the one nearest to the product's own.
    """

    def unfairness(fate: Fate) -> tuple[float, float]:
        off = abs(fate.of_places - fate.of_catalogue)
        return float(np.round(off, 4)), abs(fate.scale - PREDICTED_NORM)

    return min(measured, key=unfairness)
