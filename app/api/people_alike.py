"""People like one, over HTTP."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.answers import ShortfallOut
from app.api.bodies import Route
from app.api.context import Now, ServicesOf
from app.api.fields import UserId
from app.api.keys import Needs
from app.api.problems import documented
from app.errors import NotFound
from app.recommend.answers import ShortfallReason
from app.recommend.people_alike import POOL, Alike, Basis, PeopleAlike

router = APIRouter(prefix="/v1", tags=["people"], route_class=Route)
administers = Depends(Needs("admin"))

EXAMPLE: dict[str, Any] = {
    "user_id": "ana",
    "generation": 3,
    "basis": "behaviour",
    "people": [
        {
            "user_id": "ben",
            "likeness": 0.83,
            "shared_items": 4,
            "shared": [
                {"item_id": "mug-1", "title": "Hand-thrown stoneware mug"},
                {"item_id": "jug-7", "title": "Salt-glazed jug"},
            ],
        }
    ],
    "shortfall": {
        "asked": 10,
        "found": 1,
        "reasons": ["evidence"],
        "detail": "1 of 10 were found, because no more people lately touched what tells most of "
        "this one.",
    },
}


class SharedOut(BaseModel):
    """An item that both like."""

    item_id: str
    title: str | None


class AlikeOut(BaseModel):
    """Somebody like the person."""

    user_id: str
    likeness: float = Field(description="Cosine, -1 to 1, of the `basis` of both.")
    shared_items: int = Field(description="Items both like, of the newest of what they did.")
    shared: list[SharedOut] = Field(description="The most telling of these, at most five.")

    @classmethod
    def of(cls, alike: Alike) -> Self:
        """Write one."""
        return cls(
            user_id=alike.user_id,
            likeness=alike.likeness,
            shared_items=alike.shared_items,
            shared=[SharedOut(item_id=each.item_id, title=each.title) for each in alike.shared],
        )


class PeopleAlikeOut(BaseModel):
    """People like one."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    user_id: str
    generation: int | None = Field(description="Whose vectors were compared; null when none were.")
    basis: Basis | None = Field(
        description="What was compared: `behaviour`, what was learned of what people do; or, where "
        "nothing was yet, `content`, the mean of what each likes. Null when nothing was."
    )
    people: list[AlikeOut] = Field(description="Most alike first.")
    shortfall: ShortfallOut | None = Field(None, description="Only when fewer were found.")

    @classmethod
    def of(cls, user_id: str, found: PeopleAlike, limit: int) -> Self:
        """Write an answer."""
        written = cls(
            user_id=user_id,
            generation=found.generation,
            basis=found.basis,
            people=[AlikeOut.of(each) for each in found.people],
        )
        if len(found.people) < limit:
            written.shortfall = _shortfall(found, limit)
        return written


def _shortfall(found: PeopleAlike, limit: int) -> ShortfallOut:
    reason: ShortfallReason = "evidence" if found.known else "nothing_known"
    because = {
        "evidence": "no more people lately touched what tells most of this one",
        "nothing_known": "this person has done nothing yet that speaks for an item",
    }[reason]
    return ShortfallOut(
        asked=limit,
        found=len(found.people),
        reasons=[reason],
        detail=f"{len(found.people)} of {limit} were found, because {because}.",
    )


@router.get(
    "/users/{user_id}/similar",
    operation_id="get_people_alike",
    summary="Find people like another",
    dependencies=[administers],
    responses=documented(NotFound),
    response_model_exclude_unset=True,
)
def get_people_alike(
    services: ServicesOf,
    now: Now,
    user_id: UserId,
    limit: Annotated[int, Query(ge=1, le=POOL, description="People wanted.")] = 10,
) -> PeopleAlikeOut:
    """Rank people by how alike what they do is, with the items they share as the reason.

    It tells of other people, by their ids, so the key needs the scope `admin`. Compared are those
    who lately touched what tells most of the person; nobody else is looked at.
    """
    if not services.people.read(user_id).known:
        raise NotFound(f"Nothing is known of {user_id!r}.")
    found = services.people_finder.alike(user_id, limit=limit, now=now)
    return PeopleAlikeOut.of(user_id, found, limit)
