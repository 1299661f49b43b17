"""What is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from indexer.catalogue import Candidate

Source = Literal[
    "pinned",  # an operator put it there
    "vector",  # near what was asked for
    "exploration",  # near, and new or little known; shown to learn more of it
    "neighbour",  # near another of the person's interests than the one asked for
    "together",  # people had it at once with the item asked about
    "trending_for_you",  # many like it these days, in the person's categories
    "trending",
    "popular",
    "newest",
]

ShortfallReason = Literal[
    "nothing_known",  # the person has no usable history, or the item no vector yet
    "opted_out",  # the person opted out of personalisation
    "index_unavailable",  # the vector store is down or loading; filled from popularity
    "model_unavailable",  # words or a picture could not be embedded; filled from popularity
    "filters",  # the filters leave fewer
    "limits",  # at most so many a category, or duplicates, leave fewer
    "catalogue",  # there are no more items
    "not_counted",  # what goes together was not counted yet
    "evidence",  # too few people had anything together with the item
]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind a reason.

    Attributes:
        kinds: What the person did with the item, sorted.
        latest: When they last did.
        weight: What all of it says, age counted; below 0 speaks against.
    """

    kinds: tuple[str, ...]
    latest: datetime
    weight: float


ReasonKind = Literal["item", "words", "picture", "boost", "freshness", "others"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score.

    Attributes:
        kind: What it comes from.
        name: For "item" the past item's id (for similar: the item asked about), for "words" the
            words, for "boost" its label; otherwise the kind.
        space: In which space the two are alike; None for boost, freshness and "others".
        amount: Its part of the score; the parts sum to the score.
        predicted: Whether the candidate's block was predicted, not read.
        evidence: What the person did with the past item, where they did something.
        title: Of the past item, where it has one.
        count: For "others", how many parts it sums; otherwise 1.
    """

    kind: ReasonKind
    name: str
    space: str | None
    amount: float
    predicted: bool = False
    evidence: Evidence | None = None
    title: str | None = None
    count: int = 1


MoveReason = Literal[
    "diversity",  # what is placed already is too much like another
    "balance",  # an interest was owed a place
    "pin",  # an operator put something there
    "exploration",  # a lot was drawn
]


@dataclass(frozen=True, slots=True)
class Move:
    """Why an item's place is not the one its score would give it among the others.

    Attributes:
        why: What moved it, or moved another past it.
        places: By how many places it moved; above 0 towards the front.
    """

    why: MoveReason
    places: int


@dataclass(frozen=True, slots=True)
class Went:
    """How often an item and the one asked about went together.

    Attributes:
        kind: The sort of baskets that were counted.
        people: Different people who had both at once.
        baskets: How often both were in one basket.
        lift: Times as often as by chance, above 1.
    """

    kind: str
    people: int
    baskets: int
    lift: float


@dataclass(frozen=True, slots=True)
class Recommended:
    """An item of an answer.

    Attributes:
        candidate: The item as the catalogue knows it now.
        score: For sources "vector", "exploration" and "neighbour" the relevance with boosts and
            freshness; for "together" how surprising it is (log-likelihood ratio); for "newest" and
            "pinned" 0; for the others the decayed count.
        propensity: Probability that it was shown here, 0 to 1; 1 where nothing is left to chance.
        interest: Name of the person's interest it is nearest to, or None.
        reasons: Parts that sum to the score, largest first, as `explain.brief` tells them; None
            unless asked for, and None for sources that have no relevance.
        moves: What moved it, if reasons were asked for.
        because: One sentence for people, if reasons were asked for.
        went: For source "together", how often.
    """

    candidate: Candidate
    score: float
    source: Source
    propensity: float = 1.0
    interest: str | None = None
    reasons: tuple[Reason, ...] | None = None
    moves: tuple[Move, ...] = ()
    because: str | None = None
    went: Went | None = None

    @property
    def item_id(self) -> str:
        """The shop's id."""
        return self.candidate.item.item_id


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why the answer is not wholly what was asked for.

    Attributes:
        asked: The limit.
        found: How many of the answer came from where they were asked for: vector search, one
            count, or what goes together.
        reasons: At least one.
        detail: One sentence for people.
    """

    asked: int
    found: int
    reasons: tuple[ShortfallReason, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A ranked list.

    Attributes:
        recommendation_id: A UUID; interactions quote it back.
        generation: Which index answered, or None when none did.
        items: Best first.
        shortfall: None when vector search alone filled the list.
    """

    recommendation_id: str
    generation: int | None
    items: tuple[Recommended, ...]
    shortfall: Shortfall | None
