"""Something a person did with an item."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BUILT_IN_KINDS = (
    "view",
    "click",
    "like",
    "dislike",
    "cart",
    "purchase",
    "rating",
    "dwell",
    "share",
    "hide",
)


Ignored = Literal["opted_out", "erased", "expired"]


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something a person did with an item.

    Attributes:
        user_id, item_id: 1 to 128 printable characters, NFC, no "/"; the item may not exist yet.
        kind: One of BUILT_IN_KINDS or a configured name ("type" in JSON).
        value: Rating, seconds of dwelling, quantity; finite, or None.
        happened_at: With an offset ("timestamp" in JSON).
        session_id: At most 128 characters, or None.
        interaction_id: At most 128 characters: the same id is the same interaction; or None.
        recommendation_id: The answer it followed, or None.
    """

    user_id: str
    item_id: str
    kind: str
    value: float | None
    happened_at: datetime
    session_id: str | None = None
    interaction_id: str | None = None
    recommendation_id: str | None = None


@dataclass(frozen=True, slots=True)
class InteractionReceipt:
    """What became of it.

    Attributes:
        status: "recorded"; "duplicate" of one with the same interaction_id; or "ignored", as
            nothing may be kept of it.
        item_known: Whether its item exists.
        why: For "ignored": the person "opted_out" of personalisation, was "erased" after it
            happened, or it "expired", being older than its kind is kept.
    """

    status: Literal["recorded", "duplicate", "ignored"]
    item_known: bool
    why: Ignored | None = None
