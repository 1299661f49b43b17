"""What a person, or a shop for them, has said of their interests: seeds, choices, forgetting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

SESSION = "session"
"""Name of the interest made of what a person has done since they came."""

SEED = "seed:"
"""How the names of interests begin that were given, not found."""


@dataclass(frozen=True, slots=True)
class Seed:
    """Something a newcomer said they are after; it fades as real evidence arrives.

    Exactly one of words, picture and items is given.

    Attributes:
        name: "seed:" and a word of its own; the name of the interest it makes.
        label: What to call it, at most 200 characters.
        words: Speaks in the text space alone; or None.
        picture: Digest (SHA-256, hex) of a kept picture, which speaks in the image space alone; or
            None.
        items: item_ids that speak in every space they have, each as much as the others; those of a
            category were chosen when the seed was given.
        weight: Evidence weight while nothing else is known, above 0; a purchase weighs 5.
        given_at: When.
    """

    name: str
    label: str
    weight: float
    given_at: datetime
    words: str | None = None
    picture: str | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided about one of their interests.

    It is tied to an item or a seed, as groups are found anew with every interaction: it holds for
    the interest that item belongs to, and for any as near to it as members of one interest are.

    Attributes:
        anchor: item_id of the interest's representative, or the name of a seed, or "session".
        factor: What its weight is multiplied with, 0 (muted) to 10.
        chosen_at: When.
    """

    anchor: str
    factor: float
    chosen_at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept of a person besides what they did.

    Attributes:
        attributes: A JSON object of scalars and lists of scalars.
        segments: Names of the groups the person is in, sorted.
        seeds: In the order they were given.
        choices: One an anchor.
        forgotten: item_id to a time; what was done with the item before it says nothing.
        interactions: How many things they did.
    """

    attributes: Mapping[str, object] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    seeds: tuple[Seed, ...] = ()
    choices: tuple[Choice, ...] = ()
    forgotten: Mapping[str, datetime] = field(default_factory=dict)
    interactions: int = 0


NO_PROFILE = Profile()
"""Of somebody nobody said anything about."""

InterestKind = Literal["found", "seed", "session"]


@dataclass(frozen=True, slots=True)
class Behind:
    """An item behind an interest.

    Attributes:
        weight: What the person's interactions say of it, age counted.
        kinds: What they did, sorted; empty for the items of a seed.
        latest: When they last did, or when the seed was given.
    """

    item_id: str
    title: str | None
    weight: float
    kinds: tuple[str, ...]
    latest: datetime


@dataclass(frozen=True, slots=True)
class OpenInterest:
    """One of a person's interests, as they may see and steer it.

    Attributes:
        name: How to speak of it; any of its items' former names still finds it.
        label: From its items' categories and words, or the seed's own.
        share: Of all its person's interests together, 0 to 1; 0 when muted.
        factor: What the person chose, 1 when nothing.
        representative: item_id of the item nearest to all others, or None for a seed without items.
        items: Largest weight first, ties by item_id.
        newest_at, oldest_at: Of what is behind it.
    """

    name: str
    kind: InterestKind
    label: str
    share: float
    factor: float
    representative: str | None
    items: tuple[Behind, ...]
    newest_at: datetime
    oldest_at: datetime
