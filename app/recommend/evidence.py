"""How much an interaction says about a person's taste, and in which direction."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.recommend.sources import PastInteraction

KIND_WEIGHTS: Mapping[str, float] = {
    "view": 1.0,
    "click": 1.5,
    "like": 3.0,
    "dislike": -3.0,
    "cart": 4.0,
    "purchase": 5.0,
    "share": 3.0,
    "hide": -5.0,
}
"""Effort and cost make evidence: a purchase says as much as five views, hiding takes one back.

Ratings and dwelling are missing: their weight comes from their value.
"""


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """What each kind of interaction is worth as evidence.

    Attributes:
        kind_weights: Kind to weight, below 0 for "not like this"; configured kinds are added here.
            A kind that is nowhere weighs 0.
        rating_per_star: Weight of each star above or below the neutral one; with 2, five stars
            (+4) lie between a like and a purchase, one star (-4) between a dislike and hiding.
        neutral_rating: The rating that says nothing, on a scale of 1 to 5; 2 stars are against.
        dwell_most: The weight that dwelling ever longer approaches: a like's, since a long stay may
            also be a forgotten tab.
        dwell_half: Dwelling for this long weighs half of `dwell_most`.
        half_life: Age after which an interaction counts half.
    """

    kind_weights: Mapping[str, float] = field(default_factory=lambda: dict(KIND_WEIGHTS))
    rating_per_star: float = 2.0
    neutral_rating: float = 3.0
    dwell_most: float = 3.0
    dwell_half: timedelta = timedelta(seconds=60)
    half_life: timedelta = timedelta(days=30)


def kind_weight(kind: str, value: float | None, settings: EvidenceSettings) -> float:
    """Say what an interaction weighs, its age aside.

    Args:
        kind: A built-in or configured name; an unknown one weighs 0.
        value: Stars for "rating" (taken as 1 to 5), seconds for "dwell"; ignored for other kinds,
            so that buying ten is one purchase. A rating or dwelling without a value weighs 0.
        settings: The weights.

    Returns:
        Above 0 for "like this", below for "not like this".
    """
    if kind == "rating":
        if value is None:
            return 0.0
        stars = min(max(value, 1.0), 5.0)
        return settings.rating_per_star * (stars - settings.neutral_rating)
    if kind == "dwell":
        seconds = max(value or 0.0, 0.0)
        return settings.dwell_most * seconds / (seconds + settings.dwell_half.total_seconds())
    return settings.kind_weights.get(kind, 0.0)


def decay(happened_at: datetime, now: datetime, *, half_life: timedelta) -> float:
    """Say what age leaves of an interaction, 0 to 1; one later than `now` counts as new."""
    age = max(now - happened_at, timedelta(0))
    return math.exp2(-(age / half_life))


def affinities(
    past: Iterable[PastInteraction], settings: EvidenceSettings, *, now: datetime
) -> dict[int, float]:
    """Add up what a person's interactions say of each item.

    Args:
        past: In any order.
        settings: The weights.
        now: From which age is counted.

    Returns:
        Item key to weight, below 0 where they speak against it; items that come to 0 are left out.
    """
    shares: dict[int, list[float]] = {}
    for each in past:
        weight = kind_weight(each.kind, each.value, settings)
        if weight:
            weight *= decay(each.happened_at, now, half_life=settings.half_life)
            shares.setdefault(each.item_key, []).append(weight)
    # fsum, so that the order in which equal interactions are read does not matter.
    totals = {key: math.fsum(weights) for key, weights in shares.items()}
    return {key: total for key, total in sorted(totals.items()) if total}
