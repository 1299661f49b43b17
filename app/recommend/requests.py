"""What is asked for, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from indexer.filters import EVERYTHING, Filter

Source = Literal["vector", "trending", "popular", "newest"]

ShortfallReason = Literal[
    "nothing_known",  # the person has no usable history, or the item no vector yet
    "index_unavailable",  # the vector store is down or loading; filled from popularity
    "filters",  # the filters leave fewer
    "catalogue",  # there are no more items
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer must be like.

    Attributes:
        limit: Items wanted, 1 to 500.
        where: A checked filter every item obeys, whatever its source.
        weights: Space to weight, 0 or more; empty means the defaults. Scaled to sum 1.
        exclude: item_ids that must not be in the answer.
        explain: Whether to give reasons.
    """

    limit: int = 20
    where: Filter = EVERYTHING
    weights: Mapping[str, float] = field(default_factory=dict)
    exclude: frozenset[str] = frozenset()
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score.

    Attributes:
        item_id: The past item (for similar: the item asked about).
        space: In which space the two are alike.
        amount: Its part of the score; the parts sum to the score.
        predicted: Whether the candidate's block was predicted, not read.
    """

    item_id: str
    space: str
    amount: float
    predicted: bool


@dataclass(frozen=True, slots=True)
class Recommended:
    """An item of an answer.

    Attributes:
        score: For source "vector" the relevance; for "newest" 0; for the others the decayed count.
        propensity: Probability that it was shown here, 0 to 1; 1 where nothing is left to chance.
        reasons: Parts that sum to the score, largest first; None unless asked for, and None for
            other sources than "vector", whose scores are counts.
    """

    item_id: str
    title: str | None
    image_url: str | None
    score: float
    source: Source
    propensity: float = 1.0
    reasons: tuple[Reason, ...] | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why the answer is not wholly what was asked for.

    Attributes:
        asked: The limit.
        found: How many of the answer came from vector search.
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
