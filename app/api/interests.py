"""A person's interests over HTTP: shown, muted, raised, forgotten, and given to begin with."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Depends

from app.api.bodies import Route
from app.api.context import Now, ServicesOf
from app.api.fields import UserId
from app.api.interest_bodies import (
    InterestName,
    InterestOut,
    InterestPatch,
    InterestsOut,
    SeedBody,
    SeedOut,
)
from app.api.keys import Needs
from app.api.pictures import DECODERS, picture_from, picture_limits
from app.api.problems import BODY_PROBLEMS, documented
from app.errors import Conflict, Invalid, NotFound
from app.people.pictures import prepared
from app.recommend.interests import FOUND
from app.recommend.profile import SESSION, Choice, OpenInterest
from app.services import Services
from app.settings import variable
from embedders.errors import UnreadableImage
from indexer.tables import MICROSECOND

router = APIRouter(prefix="/v1", tags=["people"], route_class=Route)
reads = Depends(Needs("read"))
writes = Depends(Needs("write"))

NAMED = 20
"""Names a problem lists at most."""


@router.get(
    "/users/{user_id}/interests",
    operation_id="get_interests",
    summary="Show a person's interests",
    dependencies=[reads],
    responses=documented(),
)
def get_interests(services: ServicesOf, now: Now, user_id: UserId) -> InterestsOut:
    """Show what Kindred takes a person to be after and why, heaviest first; muted ones included."""
    return _shown(services, user_id, now)


@router.patch(
    "/users/{user_id}/interests/{interest}",
    operation_id="patch_interest",
    summary="Raise, lower, mute or forget an interest",
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS, NotFound, Conflict),
)
def patch_interest(
    services: ServicesOf, now: Now, user_id: UserId, interest: InterestName, body: InterestPatch
) -> InterestsOut:
    """Change one of a person's interests; the very next answer obeys. Answers with all of them.

    Interests are found anew with every interaction. A choice holds for the interest its
    representative then belongs to.
    """
    chosen = _named(services.recommender.interests(user_id, now=now), interest)
    if body.forget is None:
        choice = Choice(_anchor(chosen), _factor(body, chosen), now)
        found = chosen.items if chosen.kind == "found" else ()
        instead = [each.item_id for each in found]
        services.people.choose(user_id, choice, instead=instead)
    elif chosen.kind == "seed":
        services.people.remove_seed(user_id, chosen.name, now=now)
    else:
        # A client's clock may be ahead, and what it noted is to be forgotten as well.
        moments = {each.item_id: max(now, each.latest + MICROSECOND) for each in chosen.items}
        services.people.forget(user_id, moments, anchors=[_anchor(chosen)], now=now)
    return _shown(services, user_id, now)


@router.post(
    "/users/{user_id}/interests",
    operation_id="seed_interest",
    summary="Say what a newcomer is after",
    status_code=201,
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS, Conflict),
)
def seed_interest(services: ServicesOf, now: Now, user_id: UserId, body: SeedBody) -> SeedOut:
    """Give a person an interest before they did anything; it fades as real evidence arrives.

    At most 20 are kept, the newest. Categories stand for the items that are most popular in them
    now.
    """
    weight = services.settings.seed_weight if body.weight is None else body.weight
    seeding = services.seeding
    picture = None
    if body.items is not None:
        seed = seeding.items(body.items, label=body.label, weight=weight, now=now)
    elif body.categories is not None:
        seed = seeding.categories(body.categories, label=body.label, weight=weight, now=now)
    elif body.words is not None:
        _speaks(services, "text", "words")
        seed = seeding.words(body.words, label=body.label, weight=weight, now=now)
    else:
        _speaks(services, "image", "picture")
        picture = _picture(services, body.picture or "")
        seed = seeding.picture(label=body.label, weight=weight, now=now)
    return SeedOut.of(services.people.seed(user_id, seed, picture=picture))


def _shown(services: Services, user_id: str, now: datetime) -> InterestsOut:
    found = services.recommender.interests(user_id, now=now)
    return InterestsOut(user_id=user_id, interests=[InterestOut.of(each) for each in found])


def _named(interests: Sequence[OpenInterest], name: str) -> OpenInterest:
    """Find an interest by its name, else by an item behind it; found ones before others."""
    name = unicodedata.normalize("NFC", name)
    for each in interests:
        if each.name == name:
            return each
    item_id = name.removeprefix(FOUND)
    for each in sorted(interests, key=lambda one: one.kind != "found"):
        if any(item.item_id == item_id for item in each.items):
            return each
    names = [each.name for each in interests]
    there = ", ".join(map(repr, names[:NAMED])) if names else "none yet"
    raise NotFound(f"There is no interest {name!r}; there are: {there}.", interests=names[:NAMED])


def _anchor(interest: OpenInterest) -> str:
    match interest.kind:
        case "seed":
            return interest.name
        case "session":
            return SESSION
        case "found":
            return interest.representative or interest.name


def _factor(body: InterestPatch, interest: OpenInterest) -> float:
    if body.factor is not None:
        return body.factor
    if body.muted:
        return 0.0
    return interest.factor or 1.0  # what was raised before is not muted, and stays as it is


def _speaks(services: Services, space: str, field: str) -> None:
    if space not in services.settings.embedder_specifications():
        raise Invalid(
            f"{field}: this service has no {space} space for it to speak in; its operator can set "
            f"{variable(f'{space}_model')} and run `kindred reindex`."
        )


def _picture(services: Services, given: str) -> bytes:
    """Make of a picture what is kept of it; raises Invalid with what is wrong."""
    picture = picture_from(given, services.settings)
    try:
        with DECODERS:
            return prepared(picture, picture_limits(services.settings))
    except UnreadableImage as error:  # as a JPEG it is larger than may be kept
        raise Invalid(f"picture: {error}.") from error
