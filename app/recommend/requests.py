"""What is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from indexer.filters import EVERYTHING, Field, Filter


@dataclass(frozen=True, slots=True)
class Event:
    """Something an anonymous person did in this session; nothing of it is kept."""

    item_id: str
    kind: str
    value: float | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Together:
    """What goes together with an item, instead of what is like it.

    Attributes:
        kind: The sort of baskets: a kind of interaction, or "any".
        fill: Whether what is like the item fills up a list too short.
    """

    kind: str
    fill: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom, or like what; at least one part is given.

    What is asked with (item, examples, words, picture) comes first, and the person bends it
    (`Wanted.user_impact`); with nothing asked, the person's interests are the question.

    Attributes:
        user_id: A person.
        session: What an anonymous person did, or what a person did that was not sent yet.
        item_id: Items like this one, by its vector as a candidate.
        positive: Items to be like.
        negative: Items not to be like.
        words: What to look for, by the text space.
        picture: An encoded picture to look like, by the image space.
        together: With `item_id`: not items like it, but those that people have with it; nothing
            else is asked for then.
    """

    user_id: str | None = None
    session: tuple[Event, ...] = ()
    item_id: str | None = None
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    words: str | None = None
    picture: bytes | None = None
    together: Together | None = None

    @property
    def asks(self) -> bool:
        """Whether something is asked for besides the person."""
        return bool(self.item_id or self.positive or self.words or self.picture)


@dataclass(frozen=True, slots=True)
class Boost:
    """Raises or lowers the scores of some items; its difference is one of the reasons.

    Exactly one of `multiply` and `add` is given. With `by`, an item gets the share of it that its
    number has between `low` and `high`, none where it has no number.

    Attributes:
        where: Items it holds for.
        multiply: Above 0. A score below 0 is divided by it, so that above 1 always raises.
        add: Added to the score, below 0 to lower it.
        by: A field that holds a number ("price" or an Attribute), or None.
        low, high: Where the share is 0 and 1; low is below high.
        label: What reasons call it.
    """

    where: Filter = EVERYTHING
    multiply: float | None = None
    add: float | None = None
    by: Field | None = None
    low: float = 0.0
    high: float = 1.0
    label: str = "boost"


@dataclass(frozen=True, slots=True)
class Pin:
    """An item that has a place of its own, as long as it obeys the filter and is not excluded.

    Attributes:
        item_id: Which.
        position: 1 is the first place; beyond the answer's end it is not shown.
        starts_at, ends_at: When it holds; None is open.
    """

    item_id: str
    position: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Say whether it holds at a time; `ends_at` itself is outside."""
        begun = self.starts_at is None or self.starts_at <= now
        return begun and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many items with the same value of a field; a list's every member counts.

    Attributes:
        field: "categories", or an Attribute.
        most: 1 or more. Items without a value are not limited.
    """

    field: Field
    most: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """Adds weight · 2^(-age / half_life) to the score, age since the item's created_at.

    Attributes:
        half_life: Above 0.
        weight: 0 or more; what an item of this moment gets.
    """

    half_life: timedelta
    weight: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer must be like.

    Attributes:
        limit: Items wanted, 1 to 500.
        where: A checked filter every item obeys, whatever its source.
        weights: Space to weight, 0 or more; empty means the defaults. Scaled to sum 1.
        exclude: item_ids that must not be in the answer.
        explain: Whether to give reasons.
        interest: Only this one of the person's interests: its name, or "session"; None: all.
        boosts, pins, caps: Of the operator.
        freshness: What being new is worth, or None.
        diversity: 0 to 1, the worth of being unlike what is already placed against relevance
            (maximal marginal relevance); None: as configured.
        exploration: Share of places, 0 to 1, for new or little-known items.
        user_impact: 0 to 1, what the person is worth beside what is asked for; None: as configured.
        collapse: Whether of items with the same words or picture only the best is shown.
        shown: Keys of items that earlier pages had.
        as_of: Only what had arrived by then counts as the person's past, so that pages of one
            answer have the same interests; None: everything.
    """

    limit: int = 20
    where: Filter = EVERYTHING
    weights: Mapping[str, float] = field(default_factory=dict)
    exclude: frozenset[str] = frozenset()
    explain: bool = False
    interest: str | None = None
    boosts: tuple[Boost, ...] = ()
    pins: tuple[Pin, ...] = ()
    caps: tuple[Cap, ...] = ()
    freshness: Freshness | None = None
    diversity: float | None = None
    exploration: float = 0.0
    user_impact: float | None = None
    collapse: bool = True
    shown: frozenset[int] = frozenset()
    as_of: datetime | None = None
