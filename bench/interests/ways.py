"""The ways to recommend that are compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from app.recommend import interests
from app.recommend.answers import Answer
from app.recommend.evidence import EvidenceSettings
from app.recommend.settings import InterestSettings, PlacingSettings, RecommendSettings
from bench.interests.occasions import Point
from bench.interests.trial import Ask, Met, Way, for_you, like_the_last, popular

MEAN = "one mean vector"
PRODUCT = "the product's defaults"

Settings = RecommendSettings

BOTH: frozenset[Point] = frozenset({"return", "midway"})


@dataclass(frozen=True, slots=True)
class Sweep:
    """One thing varied, everything else as the product has it.

    Attributes:
        title: What.
        ways: With which values.
        points: The occasions on which it can matter.
        kind: The kind of interactions with which it can matter; None: any.
    """

    title: str
    ways: Sequence[Way]
    points: frozenset[Point] = BOTH
    kind: str | None = None


def compared(product: Settings) -> list[Way]:
    """Return the ways everything is compared by; differences are to MEAN."""
    return [
        Way("popular", product, popular),
        Way("like the last item", product, like_the_last),
        Way(MEAN, mean_of(product)),
        *(
            Way(f"{count} interest{'s' if count > 1 else ''}", at_most(product, count))
            for count in (1, 2, 3, 5, 8)
            if count != product.interests.most
        ),
        Way(PRODUCT, product),
    ]


def mean_of(product: Settings) -> Settings:
    """Make one interest of everything, the session counting for no more."""
    one = replace(product.interests, most=1, nearness=-1.0, session_share=0.0)
    return replace(product, interests=one)


def at_most(product: Settings, most: int) -> Settings:
    """Allow so many interests."""
    return replace(product, interests=replace(product.interests, most=most))


def sweeps(product: Settings) -> list[Sweep]:
    """Return everything that is varied."""
    return [
        Sweep("nearness and most", _grid(product)),
        Sweep("Ward's method instead", _ward(product)),
        *_of_interests(product),
        *_of_evidence(product),
        Sweep(
            "diversity",
            [
                Way(f"{worth:g}", _placing(product, replace(product.placing, diversity=worth)))
                for worth in (0.0, 0.1, 0.2, 0.3, 0.5)
            ],
        ),
        Sweep(
            "history_limit",
            [
                Way(f"{limit}", replace(product, history_limit=limit))
                for limit in (20, 50, 100, 200, 500)
            ],
        ),
    ]


def by_ward(height: float) -> Ask:
    """Ask for a list whose interests were grouped by Ward's method, cut at a height.

    The product has one way to group and no setting for it, so it is exchanged for the call.
    """
    grouped = _grouping(height)

    def ask(each: Met, settings: Settings) -> Answer:
        with patch.object(interests, "grouped", grouped):
            return for_you(each, settings)

    return ask


def ward(points: NDArray[np.float64], *, height: float) -> list[tuple[int, ...]]:
    """Put points into groups by Ward's method (PinnerSage's); as `app.recommend.groups.grouped`."""
    if len(points) < 2:
        return [(row,) for row in range(len(points))]
    found: dict[int, list[int]] = {}
    labels = fcluster(linkage(points, "ward"), t=height, criterion="distance")
    for row, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(row)
    return [tuple(rows) for rows in found.values()]


def _grouping(height: float) -> Callable[..., list[tuple[int, ...]]]:
    def grouped(points: NDArray[np.float64], *, nearness: float) -> list[tuple[int, ...]]:
        del nearness
        return ward(points, height=height)

    return grouped


def _grid(product: Settings) -> list[Way]:
    return [
        Way(
            f"nearness {near:g}, most {most}",
            _interests(product, replace(product.interests, most=most, nearness=near)),
        )
        for near, counts in (
            (0.1, (1, 2, 3, 5, 8)),
            (0.2, (1, 2, 3, 5, 8)),
            (0.3, (1, 2, 3, 5, 8)),
            (0.5, (1, 2, 3, 5, 8)),
            (0.7, (3, 5, 8)),
        )
        for most in counts
    ]


def _ward(product: Settings) -> list[Way]:
    return [Way(f"height {height:g}", product, by_ward(height)) for height in (1.0, 1.25, 1.5, 2.0)]


def _of_interests(product: Settings) -> list[Sweep]:
    held = product.interests
    varied: list[tuple[str, Callable[[float], InterestSettings], Sequence[float]]] = [
        ("emphasis", lambda value: replace(held, emphasis=value), (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)),
        ("balance", lambda value: replace(held, balance=value), (0.0, 0.25, 0.5, 0.75, 1.0)),
        (
            "session_share",
            lambda value: replace(held, session_share=value),
            (0.0, 0.1, 0.3, 0.5, 0.7),
        ),
        ("session_fade", lambda value: replace(held, session_fade=value), (0.25, 0.5, 0.75, 1.0)),
        (
            "dislike_strength",
            lambda value: replace(held, dislike_strength=value),
            (0.0, 0.5, 1.0, 2.0, 4.0),
        ),
        (
            "dislike_nearness",
            lambda value: replace(held, dislike_nearness=value),
            (0.1, 0.3, 0.5, 0.7),
        ),
    ]
    made = []
    for title, changed, values in varied:
        ways = [Way(f"{value:g}", _interests(product, changed(value))) for value in values]
        points: frozenset[Point] = frozenset({"midway"}) if "session" in title else BOTH
        made.append(Sweep(title, ways, points, "rating" if "dislike" in title else None))
    return made


def _of_evidence(product: Settings) -> list[Sweep]:
    held = product.evidence
    lives = [
        Way(f"{days} days", _evidence(product, replace(held, half_life=timedelta(days=days))))
        for days in (7, 30, 90, 180, 365)
    ]
    shares = [
        Way(f"{share:g}", _evidence(product, replace(held, repeat_share=share)))
        for share in (0.0, 0.25, 0.5, 0.75, 0.9)
    ]
    return [Sweep("half_life", lives), Sweep("repeat_share", shares, kind="purchase")]


def _interests(product: Settings, held: InterestSettings) -> Settings:
    return replace(product, interests=held)


def _evidence(product: Settings, held: EvidenceSettings) -> Settings:
    return replace(product, evidence=held)


def _placing(product: Settings, held: PlacingSettings) -> Settings:
    return replace(product, placing=held)
