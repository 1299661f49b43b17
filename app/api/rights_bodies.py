"""People's rights as JSON: consent, what erasing found, and who may be a machine."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.api.people_bodies import ActivityOut, ScoresOut
from app.interactions.erasure import Erased
from app.people.suspects import Suspect


class ConsentBody(BaseModel):
    """Whether a person may be known."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"personalised": True}]}
    )

    personalised: StrictBool = Field(
        description="False: everything kept of them is deleted, nothing is kept from now on, and "
        "their lists are what is popular. True: they may be known from now on."
    )


class ErasedOut(BaseModel):
    """What was deleted of a person, beside profile, sums and pictures."""

    user_id: str
    personalised: bool = Field(description="Whether they may be known from now on.")
    interactions: int = Field(description="Deleted by this call.")
    answers: int = Field(description="Logged answers deleted by this call.")
    done: bool = Field(
        description="Whether all is gone. If not, nothing of it is looked at any more, and the "
        "service goes on deleting by itself."
    )

    @classmethod
    def of(cls, user_id: str, erased: Erased, *, personalised: bool) -> Self:
        """Write what was deleted."""
        return cls(
            user_id=user_id,
            personalised=personalised,
            interactions=erased.interactions,
            answers=erased.answers,
            done=erased.done,
        )


class SuspicionOut(BaseModel):
    """Why somebody is taken for a machine."""

    reasons: list[Literal["mostly bursts", "all day", "clockwork"]] = Field(
        description="The rules they broke: see the settings beginning with KINDRED_BURST_WINDOW."
    )
    looked_at: int = Field(description="Of their newest interactions, so many were judged.")
    found_at: datetime
    confirmed_at: datetime = Field(description="When they were last found to be so.")


class SuspectOut(SuspicionOut):
    """Somebody who is taken for a machine: popularity does not count what they do."""

    user_id: str

    @classmethod
    def of(cls, suspect: Suspect) -> Self:
        """Write a suspect."""
        return cls.model_validate(
            {
                "user_id": suspect.user_id,
                "reasons": list(suspect.reasons),
                "looked_at": suspect.looked_at,
                "found_at": suspect.found_at,
                "confirmed_at": suspect.confirmed_at,
            }
        )


class SuspectsOut(BaseModel):
    """A page of suspects, in the order of user_id."""

    suspects: list[SuspectOut]
    next_after: str | None = Field(
        description="Ask with `after` set to it for the next page; null: this was the last."
    )


class ChoiceHeld(BaseModel):
    """What a person decided about an interest."""

    anchor: str
    factor: float
    chosen_at: datetime


class SeedHeld(BaseModel):
    """What a person said they are after."""

    name: str
    label: str
    weight: float
    given_at: datetime
    words: str | None
    picture: str | None = Field(description="As a `data:` URL.")
    items: list[str]


class InteractionHeld(BaseModel):
    """Something a person did."""

    item_id: str
    type: str
    value: float | None
    timestamp: datetime
    session_id: str | None
    interaction_id: str | None
    recommendation_id: str | None
    received_at: datetime
    counted: bool = Field(description="Whether it counts for what is popular.")


class AnswerHeld(BaseModel):
    """A list a person was shown."""

    recommendation_id: str
    kind: str
    request: dict[str, Any]
    generation: int | None
    items: list[dict[str, Any]]
    shown_at: datetime


class PersonExport(BaseModel):
    """Everything that is kept of a person."""

    user_id: str
    exported_at: datetime
    personalised: bool
    since: datetime | None = Field(
        description="Nothing that happened until then is kept; null where that was never said."
    )
    attributes: dict[str, Any]
    segments: list[str]
    rfm: ScoresOut | None
    activity: ActivityOut | None
    choices: list[ChoiceHeld]
    forgotten: dict[str, datetime] = Field(
        description="Items, and the times until which what was done with them says nothing."
    )
    updated_at: datetime | None
    suspicion: SuspicionOut | None
    seeds: list[SeedHeld]
    interactions: list[InteractionHeld] = Field(description="In order of arrival.")
    answers: list[AnswerHeld] = Field(
        description="What they were shown, as long as it is kept; in no order."
    )
