"""A person's interests: a few groups of what they like, each a query of its own.

The model is PinnerSage (Pal et al., "PinnerSage: Multi-Modal User Embedding Framework for
Recommendations at Pinterest", KDD 2020): evidence is clustered without a number given beforehand,
an interest weighs what its evidence weighs, and is shown by its medoid. Here an interest's query is
the weighted mean of its evidence, not the medoid's vector, so that reasons split without remainder.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.recommend.answers import Evidence
from app.recommend.evidence import Liking
from app.recommend.groups import grouped, middle, scaled_points
from app.recommend.mix import Mix, Voice, mixed
from app.recommend.profile import SESSION, Choice, InterestKind, Seed
from app.recommend.settings import InterestSettings
from embedders.layout import Layout
from embedders.spaces import Array

FOUND = "item:"
"""How the names of found interests begin; the representative's item_id follows."""

STEERED = 20
"""Interests looked at beyond those that count, where a choice may mute or lift some."""

MOST_POINTS = 200
"""Items grouped at most, the heaviest: grouping compares every two of them."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a person is after.

    Attributes:
        name: "item:" and its representative's id, "session", or a seed's name.
        kind: Where it comes from.
        weight: Of its evidence, its factor counted; 0 when muted.
        factor: What the person chose, 1 when nothing.
        mix: Its query.
        members: What is behind it, heaviest first, ties by item_id; empty for a seed.
        representative: The member nearest to all others; None for a seed.
        seed: What it was made from, if that was given.
    """

    name: str
    kind: InterestKind
    weight: float
    factor: float
    mix: Mix
    members: tuple[Liking, ...] = ()
    representative: Liking | None = None
    seed: Seed | None = None

    def holds(self, item_id: str) -> bool:
        """Say whether an item is behind it."""
        listed = any(each.item_id == item_id for each in self.members)
        return listed or (self.seed is not None and item_id in self.seed.items)


def voice_of(liking: Liking, vector: Array) -> Voice:
    """Let a liked item speak."""
    evidence = Evidence(liking.kinds, liking.latest, liking.weight)
    return Voice("item", liking.item_id, liking.weight, vector, liking.title, evidence)


def found_interests(
    likings: Iterable[Liking],
    vectors: Mapping[int, Array],
    layout: Layout,
    weights: Mapping[str, float],
    settings: InterestSettings,
    *,
    most: int,
) -> list[Interest]:
    """Group what a person likes.

    Args:
        likings: Those that speak against something are left out.
        vectors: Item key to shape (d,), as evidence; items without a vector are left out.
        layout: The spaces.
        weights: Space to worth, by which likeness is measured.
        settings: How near is near.
        most: Groups wanted at most, the heaviest.

    Returns:
        Heaviest first, ties by name.
    """
    liked = [each for each in likings if each.weight > 0 and each.item_key in vectors]
    liked.sort(key=lambda each: (-each.weight, each.item_id))
    liked = liked[:MOST_POINTS]
    if not liked:
        return []
    points = scaled_points([vectors[each.item_key] for each in liked], layout, dict(weights))
    groups = grouped(points, nearness=settings.nearness)
    groups.sort(key=lambda rows: (-math.fsum(liked[row].weight for row in rows), rows))
    made: list[Interest] = []
    for rows in groups:
        if len(made) == most:
            break
        members = tuple(liked[row] for row in rows)
        mix = mixed([voice_of(each, vectors[each.item_key]) for each in members], layout)
        if mix is not None:
            shares = np.array([each.weight for each in members])
            one = members[middle(points[list(rows)], shares)]
            made.append(_found(members, one, mix))
    return sorted(made, key=lambda each: (-each.weight, each.name))


def _found(members: tuple[Liking, ...], one: Liking, mix: Mix) -> Interest:
    weight = math.fsum(each.weight for each in members)
    return Interest(FOUND + one.item_id, "found", weight, 1.0, mix, members, one)


def session_interest(
    likings: Iterable[Liking],
    vectors: Mapping[int, Array],
    layout: Layout,
    others: Sequence[Interest],
    settings: InterestSettings,
) -> Interest | None:
    """Make one interest of what a person has done since they came.

    Args:
        likings: Of the session alone.
        vectors: As for `found_interests`.
        layout: The spaces.
        others: Interests found in everything; its weight is `session_share` beside theirs.
        settings: How much the session is worth.

    Returns:
        None when the session says nothing.
    """
    liked = [each for each in likings if each.weight > 0 and each.item_key in vectors]
    liked.sort(key=lambda each: (-each.weight, each.item_id))
    mix = mixed([voice_of(each, vectors[each.item_key]) for each in liked], layout)
    if mix is None:
        return None
    share = settings.session_share
    total = math.fsum(each.weight for each in others) or math.fsum(each.weight for each in liked)
    weight = total * share / (1.0 - share)
    return Interest(SESSION, "session", weight, 1.0, mix, tuple(liked), liked[0])


def seed_interests(
    seeds: Sequence[tuple[Seed, Sequence[Voice]]],
    layout: Layout,
    evidence: float,
    settings: InterestSettings,
) -> list[Interest]:
    """Make an interest of every seed that has a vector; they fade as evidence arrives.

    Args:
        seeds: With their voices, of equal weight.
        layout: The spaces.
        evidence: Weight of everything the person likes.
        settings: How fast seeds fade.
    """
    left = math.exp2(-evidence / settings.seed_half)
    made = []
    for seed, voices in seeds:
        mix = mixed(voices, layout)
        if mix is not None:
            made.append(Interest(seed.name, "seed", seed.weight * left, 1.0, mix, seed=seed))
    return made


def chosen(
    interests: Sequence[Interest],
    choices: Sequence[Choice],
    anchors: Mapping[str, Array],
    layout: Layout,
    weights: Mapping[str, float],
    settings: InterestSettings,
) -> list[Interest]:
    """Apply what a person decided about their interests.

    Args:
        interests: As found.
        choices: A later one about the same interest wins.
        anchors: item_id to evidence vector, of anchors that are behind no interest any more.
        layout: The spaces.
        weights: Space to worth.
        settings: How near an interest must be to such an anchor for the choice to hold for it.
    """
    factors: dict[str, float] = {}
    for choice in sorted(choices, key=lambda each: (each.chosen_at, each.anchor)):
        for each in interests:
            if _about(choice.anchor, each, anchors, layout, weights, settings):
                factors[each.name] = choice.factor
    made = []
    for each in interests:
        factor = factors.get(each.name, 1.0)
        made.append(replace(each, weight=each.weight * factor, factor=factor))
    return made


def _about(
    anchor: str,
    interest: Interest,
    anchors: Mapping[str, Array],
    layout: Layout,
    weights: Mapping[str, float],
    settings: InterestSettings,
) -> bool:
    if interest.kind != "found":
        return anchor == interest.name
    if anchor not in anchors:
        return interest.holds(anchor)
    one, middle_ = scaled_points([anchors[anchor], interest.mix.blocks], layout, dict(weights))
    return float(one @ middle_) >= settings.nearness


def named(interests: Sequence[Interest], name: str) -> Interest | None:
    """Find an interest by its name, or by an item behind it: a name holds while its item does."""
    for each in interests:
        if each.name == name:
            return each
    item_id = name.removeprefix(FOUND)
    found = (each for each in interests if each.kind == "found" and each.holds(item_id))
    return next(found, None)


def shares(interests: Sequence[Interest]) -> NDArray[np.float64]:
    """Return each interest's share of all weight, shape (k,), summing to 1 unless all are muted."""
    weights = np.array([each.weight for each in interests], dtype=np.float64)
    total = float(weights.sum())
    scaled: NDArray[np.float64] = weights / total if total > 0 else weights
    return scaled
