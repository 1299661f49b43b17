"""What counting together depends on besides data."""

from dataclasses import dataclass, field
from datetime import timedelta

from app.behaviour.baskets import VISIT_GAP
from app.behaviour.cleaning import Rules
from app.behaviour.together import TogetherRules
from app.behaviour.visits import MOST_MARKS
from app.recommend.evidence import EvidenceSettings

ANY = "any"
"""The sort of basket that holds whatever somebody did in one visit that speaks for an item."""

PERSONAL = Rules(item_people=1, person_items=1)
"""Cleaning person by person. What few touched makes no pair in any case, and a basket of one item
belongs into the counts: it says that the item went with nothing."""


@dataclass(frozen=True, slots=True)
class TogetherSettings:
    """How pairs are counted.

    Attributes:
        kinds: Sorts of baskets, at most MOST_MARKS: ANY, or the name of a kind, which holds
            what somebody did in that way in one visit.
        gap: A longer pause begins another visit.
        evidence: What each kind weighs; what does not speak for an item is in no basket.
        rules: Which pairs count.
        cleaning: What is left out before; rules over more than one person do not apply.
    """

    kinds: tuple[str, ...] = (ANY, "purchase", "view")
    gap: timedelta = VISIT_GAP
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    rules: TogetherRules = field(default_factory=TogetherRules)
    cleaning: Rules = PERSONAL

    def __post_init__(self) -> None:
        if not 1 <= len(self.kinds) <= MOST_MARKS:
            raise ValueError(f"1 to {MOST_MARKS} kinds can be counted, not {len(self.kinds)}")
