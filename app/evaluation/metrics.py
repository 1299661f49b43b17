"""How good ranked lists are for the people they were made for.

Relevance is binary: an item is one of those to be found, or it is not. All functions take the same
two arrays and return one number a person, so that intervals and tests over people can follow:

- `hits`, shape (n, m), bool: whether the item in each place of a person's list was to be found. A
  list shorter than m is filled up with False. No item is in a list twice.
- `wanted`, shape (n,), int, 1 or more: how many items were to be found, in the list or not.

Ties are no matter of these functions: whoever ranks must break them, in Kindred by item_id, so that
a list has one order. They agree with `ranx` and Microsoft's `recommenders`, by whose answers the
tests hold them; where the two differ, the docstring says whom we follow.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Ranking = npt.NDArray[np.int32]
"""Shape (n, m): a person's items, best first; -1 where the list has ended."""

Metric = Callable[[Flags, Ints, int], Floats]

NOTHING = -1
"""In a ranking: no item any more."""


def found(ranking: Ranking, targets: list[Ints]) -> Flags:
    """Tell which places of each list hold an item that was to be found.

    Args:
        ranking: Shape (n, m).
        targets: For each of the n people the items to be found.

    Returns:
        Shape (n, m).
    """
    hits = np.zeros(ranking.shape, dtype=bool)
    for row, (items, mine) in enumerate(zip(ranking, targets, strict=True)):
        hits[row] = np.isin(items, mine) & (items != NOTHING)
    return hits


def ndcg(hits: Flags, wanted: Ints, k: int) -> Floats:
    """Normalised discounted cumulative gain: 0 to 1.

    DCG = Σ hit_i / log2(i + 1) over places i = 1 … k, divided by the DCG of a list that begins with
    min(k, wanted) hits (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR
    techniques", TOIS 2002).
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(wanted, k)]
    top = hits[:, :k]
    return np.asarray((top * discounts[: top.shape[1]]).sum(axis=1) / ideal)


def recall(hits: Flags, wanted: Ints, k: int) -> Floats:
    """Share of what was to be found that is among the first k: 0 to 1.

    Divided by all that was wanted, so that it cannot reach 1 where that is more than k (as ranx and
    recommenders do; others divide by min(k, wanted)).
    """
    return np.asarray(hits[:, :k].sum(axis=1) / wanted)


def precision(hits: Flags, wanted: Ints, k: int) -> Floats:  # noqa: ARG001 - one form for all
    """Share of the first k places that hold what was to be found: 0 to 1.

    A short list is not forgiven: places without an item count as wrong.
    """
    return np.asarray(hits[:, :k].sum(axis=1) / k)


def average_precision(hits: Flags, wanted: Ints, k: int) -> Floats:
    """Precision at the place of each hit among the first k, summed and divided by wanted: 0 to 1.

    Its mean is MAP@k as ranx and recommenders' `map` have it; recommenders' `map_at_k` divides by
    min(k, wanted).
    """
    top = hits[:, :k]
    so_far = np.cumsum(top, axis=1) / np.arange(1, top.shape[1] + 1)
    return np.asarray((so_far * top).sum(axis=1) / wanted)


def reciprocal_rank(hits: Flags, wanted: Ints, k: int) -> Floats:  # noqa: ARG001 - one form for all
    """1 / the place of the first hit among the first k, 0 without one; its mean is MRR@k."""
    top = hits[:, :k]
    return np.asarray(np.where(top.any(axis=1), 1 / (top.argmax(axis=1) + 1), 0.0))


def hit_rate(hits: Flags, wanted: Ints, k: int) -> Floats:  # noqa: ARG001 - one form for all
    """1 where any of the first k was to be found, else 0.

    With one item to be found it is the same as recall.
    """
    return np.asarray(hits[:, :k].any(axis=1), dtype=np.float64)


METRICS: Mapping[str, Metric] = {
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "hit": hit_rate,
}
"""By the names reports use."""
