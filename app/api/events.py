"""Things somebody did with an item, as JSON: the rules that stored and unstored ones share."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator

from app.api.field_errors import FieldError, shown
from app.api.fields import ItemId, Moment
from app.errors import Invalid
from app.recommend.requests import Event

TOLERANCE = timedelta(minutes=5)
"""How far a client's clock may be ahead; counts of times further on would lead for long."""

MOST_VALUE = 1e9

KINDS = (
    "view, click, like, dislike, cart, purchase, rating, dwell, share, hide, or a name of "
    "KINDRED_EXTRA_KINDS."
)
Value = Annotated[float, Field(strict=True, ge=0, le=MOST_VALUE)]
VALUE = "Stars from 1 to 5 for a rating, seconds for a dwell (both need it), a quantity for others."


def checked_kind(kind: str, kinds: Sequence[str]) -> str:
    """Return the kind, or raise ValueError with the nearest one there is."""
    if kind not in kinds:
        near = get_close_matches(kind, kinds, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(kinds)}"
        raise ValueError(f"there is no such kind; {hint}")
    return kind


def checked_time(happened_at: datetime, now: datetime) -> datetime:
    """Return the time, or raise ValueError when it is too far ahead."""
    if happened_at - now > TOLERANCE:
        raise ValueError("is more than five minutes ahead of this machine's clock")
    return happened_at


def check_value(kind: str, value: float | None) -> None:
    """Raise ValueError when the kind needs another value than this."""
    if kind == "rating" and not (value is not None and 1 <= value <= 5):
        raise ValueError("a rating needs a value from 1 to 5")
    if kind == "dwell" and value is None:
        raise ValueError("a dwell needs a value, its seconds")


class SessionEvent(BaseModel):
    """Something somebody did in this session. It is not kept; unknown items say nothing."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"item_id": "mug-1", "type": "dwell", "value": 40}]},
    )

    item_id: ItemId
    type: StrictStr = Field(description=KINDS)
    value: Value | None = Field(None, description=VALUE)
    timestamp: Moment | None = Field(None, description="When; by default now.")

    @model_validator(mode="after")
    def _valued(self) -> "SessionEvent":
        check_value(self.type, self.value)
        return self


def events_of(
    session: Sequence[SessionEvent], kinds: Sequence[str], *, field: str, now: datetime
) -> tuple[Event, ...]:
    """Make them what ranking takes, in the order given.

    Args:
        session: As they came.
        kinds: Those there are.
        field: What the list is called in the request, for errors.
        now: For those without a timestamp.

    Raises:
        Invalid: A kind there is not, or a time too far ahead.
    """
    events = []
    for number, each in enumerate(session):
        name, value = "type", each.type
        try:
            kind = checked_kind(each.type, kinds)
            name, value = "timestamp", str(each.timestamp)
            happened_at = checked_time(each.timestamp or now, now)
        except ValueError as error:
            part = FieldError(
                field=f"{field}.{number}.{name}", message=str(error), value=shown(value)
            )
            raise Invalid(
                f"{part.field}: {part.message}", errors=[part.model_dump(exclude_none=True)]
            ) from error
        events.append(Event(each.item_id, kind, each.value, happened_at))
    return tuple(events)
