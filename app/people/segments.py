"""Recency, frequency, monetary: which of eleven groups a person falls into.

Everybody is ranked by when they last came, by how much they did and by what they spent, and each
ranking is cut into fifths, scored 1 (least) to 5: Arthur M. Hughes, "Strategic Database Marketing"
(1994), chapter on recency, frequency and monetary analysis. The groups are the eleven that trade
has come to call by these names; it draws them as boxes that overlap, so the table below gives each
pair of scores to one.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

PREFIX = "rfm:"
"""How the names of computed segments begin, so that none is taken for an operator's own."""

LEAST_PEOPLE = 20
"""With fewer, a fifth is less than four people, and each newcomer would move everybody."""

FIFTHS = 5
NEUTRAL = 3
"""The score of everybody where all are equal: the measure tells nothing."""

GROUPS: tuple[tuple[str, ...], ...] = (
    # They did and spent: least          ...                      ...          ...          most
    ("lost", "lost", "at_risk", "at_risk", "cannot_lose"),  # came longest ago
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    ("promising", "potential_loyalists", "potential_loyalists", "loyal", "loyal"),
    ("new", "potential_loyalists", "potential_loyalists", "champions", "champions"),  # just came
)
"""Row: recency 1 to 5; column: frequency and monetary together, 1 to 5."""

Edges = tuple[float, ...]
"""Where the first four fifths end, ascending, each the largest value of its fifth; empty where all
values are equal."""


@dataclass(frozen=True, slots=True)
class Quintiles:
    """How all active people spread.

    Attributes:
        people: How many they are.
        recency: Edges of when they last did something, in microseconds since 1970 UTC.
        frequency: Of how many interactions there are of each.
        monetary: Of what each spent.
    """

    people: int
    recency: Edges = ()
    frequency: Edges = ()
    monetary: Edges = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """Which fifths a person falls into, 1 (least) to 5.

    Attributes:
        monetary: None where all people spent the same, such as nothing.
    """

    recency: int
    frequency: int
    monetary: int | None

    @property
    def segment(self) -> str:
        """The name of the group, "rfm:" before it."""
        worth = self.frequency
        if self.monetary is not None:
            worth = (self.frequency + self.monetary + 1) // 2  # half a point counts up
        return PREFIX + GROUPS[self.recency - 1][worth - 1]


def score(value: float, edges: Sequence[float]) -> int:
    """Say which fifth a value falls into, 1 to 5; equal values fall into the same, the lower one.

    Args:
        value: Of a person counted among those the edges are of, or of another.
        edges: Four, ascending; or none, where all values are equal.
    """
    return 1 + bisect_left(edges, value) if edges else NEUTRAL


def scores(
    *, recency: float, frequency: float, monetary: float, quintiles: Quintiles
) -> Scores | None:
    """Score a person; None while there are fewer than LEAST_PEOPLE."""
    if quintiles.people < LEAST_PEOPLE:
        return None
    return Scores(
        recency=score(recency, quintiles.recency),
        frequency=score(frequency, quintiles.frequency),
        monetary=score(monetary, quintiles.monetary) if quintiles.monetary else None,
    )


def edges(least: float, ends: Sequence[float]) -> Edges:
    """Make edges of the ends of fifths.

    Args:
        least: The smallest of all values.
        ends: The largest value of each fifth, ascending, the last one's too.

    Raises:
        ValueError: They are not five, or do not ascend.
    """
    if len(ends) != FIFTHS or any(one > next_ for one, next_ in pairwise((least, *ends))):
        raise ValueError(f"{FIFTHS} ascending ends of fifths are needed, not {ends} from {least}")
    return tuple(ends[:-1]) if least < ends[-1] else ()
