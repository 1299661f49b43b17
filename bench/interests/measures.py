"""How good a list is: for what people chose next, and for whom it is made."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from app.evaluation import metrics
from embedders.spaces import Array

PLACES = 10

MOST_CATEGORIES = 10
"""Categories of a person that are counted at most: ten items cannot show more, most often."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One list's figures, each 0 to 1 (`alike` from -1).

    Attributes:
        ndcg: nDCG@10; an item that was wanted gains 1, wherever it stands among the wanted.
        recall: Share of the wanted items that are in the list.
        covered: Share of the categories of the person's past that the list shows.
        reached: Share of the categories of the wanted items that the list shows.
        alike: Mean likeness of every two items of the list.
        spurned: Share of places given to items the person then chose against.
    """

    ndcg: float
    recall: float
    covered: float
    reached: float
    alike: float
    spurned: float


FIGURES = tuple(each.name for each in fields(Measured))


def ndcg(listed: Sequence[int], wanted: Collection[int]) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002), gains of 0 and 1.

    Args:
        listed: Best first; only the first ten count.
        wanted: One or more.

    Returns:
        1 when the first places, as many as there are wanted items, are all wanted.
    """
    return float(metrics.ndcg(_hits(listed, wanted), np.array([len(wanted)]), PLACES)[0])


def recall(listed: Sequence[int], wanted: Collection[int]) -> float:
    """Return the share of wanted items among the first ten."""
    return float(metrics.recall(_hits(listed, wanted), np.array([len(wanted)]), PLACES)[0])


def leading(categories: Iterable[Sequence[str]]) -> frozenset[str]:
    """Return the most frequent categories of items, MOST_CATEGORIES at most, ties by name."""
    counted = Counter(name for each in categories for name in each)
    names = sorted(counted, key=lambda name: (-counted[name], name))
    return frozenset(names[:MOST_CATEGORIES])


def shown(categories: Iterable[Sequence[str]], those: Collection[str]) -> float:
    """Return the share of categories that any of the listed items has; 0 where there are none."""
    held = {name for each in categories for name in each}
    return len(held & set(those)) / len(those) if those else 0.0


def alike(vectors: Array) -> float:
    """Return the mean cosine of every two rows; 0 for fewer than two.

    Args:
        vectors: Shape (n, d), rows of unit length or zero.
    """
    count = len(vectors)
    if count < 2:
        return 0.0
    products: NDArray[np.float64] = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    return float(products[np.triu_indices(count, k=1)].mean())


def _hits(listed: Sequence[int], wanted: Collection[int]) -> metrics.Flags:
    return np.array([[each in wanted for each in listed]], dtype=np.bool_)
