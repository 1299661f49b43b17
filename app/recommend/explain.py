"""Scores written out: which past item, in which space, how much."""

import math
from collections.abc import Collection, Mapping

import numpy as np

from app.recommend.interests import Interest
from app.recommend.requests import Reason
from embedders.layout import Layout
from embedders.spaces import Array


def for_you_reasons(
    interest: Interest,
    item_ids: Mapping[int, str],
    weights: Mapping[str, float],
    candidate: Array,
    *,
    predicted: Collection[str],
    layout: Layout,
) -> tuple[Reason, ...]:
    """Split a candidate's relevance for a person by past item and space.

    Args:
        interest: The person's.
        item_ids: Key to id, for every key of the interest.
        weights: Space to weight, as the query was weighed with.
        candidate: Shape (d,).
        predicted: Spaces of the candidate that were predicted.
        layout: The spaces.

    Returns:
        Largest first, ties by item_id, then space; parts of exactly 0 say nothing and are left out.
        Their sum is the score (`score_of`).
    """
    reasons = []
    for space in layout.spaces:
        place = layout.slice(space.name)
        alike = interest.evidence[:, place] @ candidate[place].astype(np.float64)
        amounts = weights.get(space.name, 0.0) * interest.coefficients[space.name] * alike
        reasons += [
            Reason("item", item_ids[key], space.name, float(amount), space.name in predicted)
            for key, amount in zip(interest.keys, amounts, strict=True)
            if amount != 0.0
        ]
    return _ordered(reasons)


def similar_reasons(
    item_id: str,
    asked: Array,
    weights: Mapping[str, float],
    candidate: Array,
    *,
    predicted: Collection[str],
    layout: Layout,
) -> tuple[Reason, ...]:
    """Split the likeness of two items by space.

    Args:
        item_id: The item asked about.
        asked: Shape (d,), its joined vector as a candidate.
        weights: Space to weight, as the query was weighed with.
        candidate: Shape (d,), the other's.
        predicted: Spaces of the candidate that were predicted.
        layout: The spaces.

    Returns:
        Largest first, ties by space; parts of exactly 0 are left out. Their sum is the score.
    """
    reasons = []
    for space in layout.spaces:
        place = layout.slice(space.name)
        alike = asked[place].astype(np.float64) @ candidate[place].astype(np.float64)
        amount = weights.get(space.name, 0.0) * float(alike)
        if amount != 0.0:
            reasons.append(Reason("item", item_id, space.name, amount, space.name in predicted))
    return _ordered(reasons)


def score_of(reasons: tuple[Reason, ...]) -> float:
    """Return the score that reasons sum to."""
    return math.fsum(each.amount for each in reasons)


def _ordered(reasons: list[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda each: (-each.amount, each.name, each.space or "")))
