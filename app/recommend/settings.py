"""What recommending depends on besides data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.recommend.evidence import EvidenceSettings

DEFAULT_WEIGHTS: Mapping[str, float] = {"text": 0.6, "image": 0.4, "behaviour": 2.0}
"""The best mix of MiniLM and ResNet-18 on 12,000 products: P@10 of the same article type .834,
against .788 for text and .681 for images alone. Behaviour beside text predicts about equally well
from 1.5 to 5, at least as well as alone, and worse below 1."""


@dataclass(frozen=True, slots=True)
class InterestSettings:
    """How a person's evidence becomes interests; defaults are docs/benchmarks/interests.md's.

    Attributes:
        most: Interests at most, the heaviest; each is one more query of the search.
        nearness: Items are of one interest while their average weighted cosine is at least this.
        emphasis: How much more a heavy interest's likeness counts: it is multiplied with
            (weight / heaviest weight)^emphasis; 0 counts all alike.
        balance: Share of the places its weight would give it that every interest is sure of, 0
            (only relevance decides) to 1.
        session_gap: A pause longer than this ends a session.
        session_share: Share of the current session among all interests, 0 to below 1.
        session_fade: What each item further back in the session says in that interest, as a share
            of the one after it, above 0 to 1; 1 counts all of them alike.
        seed_half: Evidence, in weights of interactions, that halves what seeds are worth.
        dislike_strength: What a dislike costs its nearest neighbours, as a multiple of their
            likeness beyond `dislike_nearness`.
        dislike_nearness: Likeness in a space up to which a dislike costs nothing, so that it does
            not bury a category.
        dislike_half: Evidence against an item of this weight costs half of the most.
    """

    most: int = 5
    nearness: float = 0.3
    emphasis: float = 0.1
    balance: float = 1.0
    session_gap: timedelta = timedelta(minutes=30)
    session_share: float = 0.5
    session_fade: float = 0.5
    seed_half: float = 10.0
    dislike_strength: float = 2.0
    dislike_nearness: float = 0.3
    dislike_half: float = 3.0


@dataclass(frozen=True, slots=True)
class PlacingSettings:
    """How ranked candidates get their places.

    Attributes:
        diversity: Worth of being unlike what is placed, 0 to 1, where a request does not say.
        duplicate: Two items are duplicates when their own words, or their own pictures, are at
            least this alike (cosine) …
        duplicate_rest: … and whatever else both have is at least this alike: a picture that says
            "no picture yet" does not make two items one.
        little_known: Interactions, weighed and decayed as in /v1/popular, below which an item may
            be explored.
    """

    diversity: float = 0.0
    duplicate: float = 0.999
    duplicate_rest: float = 0.6
    little_known: float = 5.0


@dataclass(frozen=True, slots=True)
class RecommendSettings:
    """How people's histories become answers.

    Attributes:
        weights: Space to weight for requests that give none; scaled to sum 1.
        evidence: What each kind of interaction is worth.
        interests: How evidence becomes interests.
        placing: How candidates get their places.
        user_impact: What a person is worth beside what is asked for, 0 to 1, where a request does
            not say.
        history_limit: Newest interactions read for one answer; more barely move the mix, as
            older ones have decayed.
        excluded_kinds: Interactions after which an item is not recommended to that person again;
            None: any at all, since a list of what somebody has just looked at helps little. Hidden
            items are never recommended, whatever this says.
        widest: Hits asked for at most when filters leave too few, 1 to 1,000.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    interests: InterestSettings = field(default_factory=InterestSettings)
    placing: PlacingSettings = field(default_factory=PlacingSettings)
    user_impact: float = 0.25
    history_limit: int = 200
    excluded_kinds: frozenset[str] | None = None
    widest: int = 1_000

    def bars(self, kind: str) -> bool:
        """Say whether an item touched in this way stays out of the person's answers."""
        return kind == "hide" or self.excluded_kinds is None or kind in self.excluded_kinds
