"""People as JSON: their attributes, segments and sums, and what merging found."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from app.api.fields import UserId
from app.interactions.merge import Merged
from app.people.activity import Activity
from app.people.people import Person
from app.people.segments import Scores

ATTRIBUTES: dict[str, Any] = {
    "country": "PT",
    "newsletter": True,
    "sizes": [38, 39],
    "segments": ["wholesale"],
}
RULES = (
    "A JSON object of at most 16,000 bytes: texts, numbers, true, false, and lists of them. "
    "`segments` is a list of at most 64 names: groups the person is in besides the computed ones."
)


class PersonBody(BaseModel):
    """All attributes of a person; those left out go."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"attributes": ATTRIBUTES}]}
    )

    attributes: dict[StrictStr, Any] = Field(description=RULES)


class PersonPatch(BaseModel):
    """Attributes to replace; those left out stay, and null removes one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"attributes": {"newsletter": False, "country": None}}]},
    )

    attributes: dict[StrictStr, Any] = Field(description=RULES)


class ActivityOut(BaseModel):
    """What a person did, summed up."""

    first_at: datetime = Field(description="When they first did something.")
    last_at: datetime = Field(description="When they last did.")
    interactions: int
    purchases: int
    spend: float = Field(
        description="Of purchases: the item's price when they arrived times `value`, or once; 0 "
        "for items that were unknown or had no price then."
    )

    @classmethod
    def of(cls, activity: Activity) -> Self:
        """Write sums."""
        return cls(
            first_at=activity.first_at,
            last_at=activity.last_at,
            interactions=activity.interactions,
            purchases=activity.purchases,
            spend=activity.spend,
        )


class ScoresOut(BaseModel):
    """Which fifth of all active people a person falls into, 1 (least) to 5."""

    recency: int = Field(description="By when they last did something.")
    frequency: int = Field(description="By how much they did.")
    monetary: int | None = Field(description="By what they spent; null where all spent the same.")

    @classmethod
    def of(cls, scores: Scores) -> Self:
        """Write scores."""
        return cls(recency=scores.recency, frequency=scores.frequency, monetary=scores.monetary)


class PersonOut(BaseModel):
    """What is known of a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": "ana",
                    "personalised": True,
                    "attributes": ATTRIBUTES,
                    "segments": ["rfm:champions", "wholesale"],
                    "rfm": {"recency": 5, "frequency": 4, "monetary": 5},
                    "activity": {
                        "first_at": "2025-11-02T18:20:00Z",
                        "last_at": "2026-05-04T09:30:00Z",
                        "interactions": 214,
                        "purchases": 9,
                        "spend": 412.5,
                    },
                    "updated_at": "2026-05-01T08:00:00Z",
                }
            ]
        }
    )

    user_id: str
    personalised: bool = Field(
        description="False for who opted out: then nothing is kept, and all else is empty."
    )
    attributes: dict[str, Any]
    segments: list[str] = Field(
        description="Groups the person is in, sorted: those of the attribute `segments`, and the "
        "computed one, which begins with `rfm:`."
    )
    rfm: ScoresOut | None = Field(
        description="Null for who did nothing, and while fewer than 20 people did."
    )
    activity: ActivityOut | None = Field(description="Null for who did nothing.")
    updated_at: datetime | None = Field(
        description="When attributes, seeds or choices last changed; null if there never were any."
    )

    @classmethod
    def of(cls, user_id: str, person: Person) -> Self:
        """Write a person."""
        return cls(
            user_id=user_id,
            personalised=not person.opted_out,
            attributes=dict(person.profile.attributes),
            segments=list(person.profile.segments),
            rfm=None if person.scores is None else ScoresOut.of(person.scores),
            activity=None if person.activity is None else ActivityOut.of(person.activity),
            updated_at=person.updated_at,
        )


class MergeBody(BaseModel):
    """Whose everything becomes the person's."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"from": "visitor-81"}]}
    )

    source: UserId = Field(
        alias="from", description="Another id of the same person, e.g. from before they logged in."
    )


class MergedOut(BaseModel):
    """How much there was to merge; zeros if it was done before."""

    user_id: str
    source: str = Field(serialization_alias="from")
    interactions: int
    recommendations: int = Field(description="Logged answers.")
    attributes: int = Field(description="Of the source; the person's own win.")
    seeds: int
    choices: int
    forgotten: int = Field(description="Items that were forgotten.")

    @classmethod
    def of(cls, user_id: str, source: str, merged: Merged) -> Self:
        """Write what was merged."""
        return cls(
            user_id=user_id,
            source=source,
            interactions=merged.interactions,
            recommendations=merged.recommendations,
            attributes=merged.attributes,
            seeds=merged.seeds,
            choices=merged.choices,
            forgotten=merged.forgotten,
        )
