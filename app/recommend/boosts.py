"""What an operator adds to relevance: boosts and freshness, each with the difference it made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.recommend.answers import Reason
from app.recommend.requests import Boost, Freshness
from indexer.catalogue import Candidate
from indexer.filters import Attribute, Filterable
from indexer.meaning import matches


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What changes scores in one request.

    Freshness comes first, then boosts in the order given, each on what the one before left.
    """

    boosts: Sequence[Boost]
    freshness: Freshness | None
    now: datetime

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.boosts) or self.freshness is not None

    def reasons(self, candidate: Candidate, relevance: float) -> list[Reason]:
        """Return the differences made to a candidate's score; those of exactly 0 are left out."""
        score, reasons = relevance, []
        if self.freshness is not None:
            gain = freshness_gain(self.freshness, candidate.item.created_at, self.now)
            reasons.append(Reason("freshness", "freshness", None, gain))
            score += gain
        for boost in self.boosts:
            difference = boost_difference(boost, candidate.item, score)
            reasons.append(Reason("boost", boost.label, None, difference))
            score += difference
        return [each for each in reasons if each.amount != 0.0]


def freshness_gain(freshness: Freshness, created_at: datetime, now: datetime) -> float:
    """Say what being new adds: weight · 2^(-age / half_life); an item of the future is new."""
    age = max(now - created_at, timedelta(0))
    return float(freshness.weight * 2.0 ** -(age / freshness.half_life))


def boost_difference(boost: Boost, item: Filterable, score: float) -> float:
    """Say what a boost changes.

    Args:
        boost: With one of `multiply` and `add`.
        item: What filters see.
        score: Before the boost.
    """
    share = _share(boost, item) if matches(boost.where, item) else 0.0
    if not share:
        return 0.0
    if boost.add is not None:
        return boost.add * share
    factor = 1.0 + ((boost.multiply or 1.0) - 1.0) * share
    # Below 0 the other way round: a factor above 1 always raises, one below 1 always lowers.
    return score * factor - score if score >= 0 else score / factor - score


def _share(boost: Boost, item: Filterable) -> float:
    """Say how far a number lies between `low` and `high`; 1 where none is asked for."""
    if boost.by is None:
        return 1.0
    held = item.attributes.get(boost.by.name) if isinstance(boost.by, Attribute) else item.price
    if isinstance(held, bool) or not isinstance(held, int | float):
        return 0.0
    return min(max((held - boost.low) / (boost.high - boost.low), 0.0), 1.0)
