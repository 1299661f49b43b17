"""How much what a person did says about their taste, and in which direction."""

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

RATED_STARS = 2.0
"""Stars above the neutral rating that having rated at all is worth as a deed."""


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
        repeat_share: What doing the same with the same item once more says, as a share of the time
            before, 0 to below 1; with 1/2, any number of views says less than two.
        half_life: Age after which an interaction counts half.
        half_lives: Kind to another half-life than that.
    """

    kind_weights: Mapping[str, float] = field(default_factory=lambda: dict(KIND_WEIGHTS))
    rating_per_star: float = 2.0
    neutral_rating: float = 3.0
    dwell_most: float = 3.0
    dwell_half: timedelta = timedelta(seconds=60)
    repeat_share: float = 0.5
    half_life: timedelta = timedelta(days=30)
    half_lives: Mapping[str, timedelta] = field(default_factory=dict)

    def half_life_of(self, kind: str) -> timedelta:
        """Age after which an interaction of this kind counts half."""
        return self.half_lives.get(kind, self.half_life)


@dataclass(frozen=True, slots=True)
class Liking:
    """What a person's interactions say of one item.

    Attributes:
        item_key, item_id, title, categories: The item.
        indexed_revision: What the live generation holds of it, or None.
        weight: Below 0 where they speak against it.
        kinds: What they did, sorted.
        latest, earliest: When.
    """

    item_key: int
    item_id: str
    title: str | None
    categories: tuple[str, ...]
    indexed_revision: int | None
    weight: float
    kinds: tuple[str, ...]
    latest: datetime
    earliest: datetime


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


def deed_weight(kind: str, value: float | None, settings: EvidenceSettings) -> float:
    """Say what an interaction weighs where it matters that it was done, not how it was liked.

    What people do next is told from all they chose, also from what then was a disappointment: a
    rating weighs the same whatever its stars, as much as two above the neutral one. What turns
    something down weighs below 0 here, too. Everything else as `kind_weight`.
    """
    if kind == "rating":
        return 0.0 if value is None else RATED_STARS * settings.rating_per_star
    return kind_weight(kind, value, settings)


def decay(happened_at: datetime, now: datetime, *, half_life: timedelta) -> float:
    """Say what age leaves of an interaction, 0 to 1; one later than `now` counts as new."""
    age = max(now - happened_at, timedelta(0))
    return math.exp2(-(age / half_life))


def likings(
    past: Iterable[PastInteraction],
    settings: EvidenceSettings,
    *,
    now: datetime,
    forgotten: Mapping[str, datetime] | None = None,
) -> dict[int, Liking]:
    """Add up what a person's interactions say of each item.

    Of interactions of one kind with one item the n-th strongest counts `repeat_share`^(n-1) of
    itself: much of the same says little more. A rating replaces the ratings before it.

    Args:
        past: In any order.
        settings: The weights.
        now: From which age is counted.
        forgotten: item_id to a time before which nothing was done with it.

    Returns:
        Item key to liking, by key; items that come to 0 are left out.
    """
    done: dict[int, list[PastInteraction]] = {}
    for each in remembered(past, forgotten or {}):
        done.setdefault(each.item_key, []).append(each)
    found = {key: _liking(events, settings, now) for key, events in sorted(done.items())}
    return {key: liking for key, liking in found.items() if liking.weight}


def remembered(
    past: Iterable[PastInteraction], forgotten: Mapping[str, datetime]
) -> tuple[PastInteraction, ...]:
    """Leave out what a person had forgotten: item_id to when, what came later counts."""
    return tuple(
        each
        for each in past
        if each.item_id not in forgotten or each.happened_at >= forgotten[each.item_id]
    )


def _liking(events: list[PastInteraction], settings: EvidenceSettings, now: datetime) -> Liking:
    by_kind: dict[str, list[PastInteraction]] = {}
    for each in events:
        by_kind.setdefault(each.kind, []).append(each)
    # fsum, so that the order in which equal interactions are read does not matter.
    weight = math.fsum(_kind_total(kind, same, settings, now) for kind, same in by_kind.items())
    first = events[0]
    times = [each.happened_at for each in events]
    return Liking(
        first.item_key,
        first.item_id,
        first.title,
        first.categories,
        first.indexed_revision,
        weight,
        tuple(sorted(by_kind)),
        max(times),
        min(times),
    )


def _kind_total(
    kind: str, events: list[PastInteraction], settings: EvidenceSettings, now: datetime
) -> float:
    half_life = settings.half_life_of(kind)
    if len(events) == 1:
        [only] = events
        return kind_weight(kind, only.value, settings) * decay(
            only.happened_at, now, half_life=half_life
        )
    if kind == "rating":
        newest = max(each.happened_at for each in events)
        events = [each for each in events if each.happened_at == newest][:1]
    weights = sorted(
        (
            kind_weight(kind, each.value, settings)
            * decay(each.happened_at, now, half_life=half_life)
            for each in events
        ),
        key=lambda weight: (-abs(weight), weight),
    )
    return math.fsum(weight * settings.repeat_share**place for place, weight in enumerate(weights))


def session_of(
    past: Iterable[PastInteraction], *, now: datetime, gap: timedelta
) -> tuple[PastInteraction, ...]:
    """Return what a person has done since they came, newest first.

    Args:
        past: Newest first.
        now: The time of the request.
        gap: A pause longer than this, also the one before `now`, ends a session.
    """
    held: list[PastInteraction] = []
    later = now
    for each in past:
        if later - each.happened_at > gap:
            break
        held.append(each)
        later = min(later, each.happened_at)
    return tuple(held)
