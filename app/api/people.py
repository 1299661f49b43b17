"""People over HTTP: what a shop says of them, what they did in sum, and two ids becoming one."""

from fastapi import APIRouter, Depends

from app.api.bodies import Route
from app.api.context import Now, ServicesOf
from app.api.fields import UserId
from app.api.keys import Needs
from app.api.people_bodies import MergeBody, MergedOut, PersonBody, PersonOut, PersonPatch
from app.api.problems import BODY_PROBLEMS, documented
from app.api.rights import AT_ONCE
from app.errors import Conflict, Invalid, NotFound
from app.interactions.merge import Merged

router = APIRouter(prefix="/v1", tags=["people"], route_class=Route)
reads = Depends(Needs("read"))
writes = Depends(Needs("write"))


@router.put(
    "/users/{user_id}",
    operation_id="put_person",
    summary="Say what a person is like",
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS, Conflict),
)
def put_person(services: ServicesOf, now: Now, user_id: UserId, body: PersonBody) -> PersonOut:
    """Replace all attributes of a person. They need not have done anything yet."""
    services.people.set_attributes(user_id, body.attributes, now=now)
    return PersonOut.of(user_id, services.people.read(user_id))


@router.patch(
    "/users/{user_id}",
    operation_id="patch_person",
    summary="Change some attributes of a person",
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS, Conflict),
)
def patch_person(services: ServicesOf, now: Now, user_id: UserId, body: PersonPatch) -> PersonOut:
    """Attributes left out stay as they are; null removes one."""
    services.people.change_attributes(user_id, body.attributes, now=now)
    return PersonOut.of(user_id, services.people.read(user_id))


@router.get(
    "/users/{user_id}",
    operation_id="get_person",
    summary="Read what is known of a person",
    dependencies=[reads],
    responses=documented(NotFound),
)
def get_person(services: ServicesOf, user_id: UserId) -> PersonOut:
    """Read attributes, segments and what was done in sum; 404 if nothing is known."""
    person = services.people.read(user_id)
    if not person.known:
        raise NotFound(f"Nothing is known of {user_id!r}.")
    return PersonOut.of(user_id, person)


@router.post(
    "/users/{user_id}:merge",
    operation_id="merge_people",
    summary="Make everything of another id this person's",
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS, Conflict),
)
def merge_people(services: ServicesOf, now: Now, user_id: UserId, body: MergeBody) -> MergedOut:
    """For when somebody logs in: what they did and said before becomes theirs, all or nothing.

    Interactions, sums, seeds, choices, what was forgotten, and logged answers move; of attributes
    the person's own win. The other id is then as if it had never been; what still arrives under it
    stays there until it is merged again. Merging again is no error and changes nothing. If this
    person has opted out of personalisation, the other id is erased instead.
    """
    if user_id == body.source:
        raise Invalid(f"from: is {body.source!r} itself; name another id of the person.")
    if services.people.read(user_id).opted_out:
        # Of theirs nothing is kept, and what was done under the other id is theirs.
        services.eraser.erase(body.source, now=now, most=AT_ONCE)
        merged = Merged(0, 0, 0, 0, 0, 0)
    else:
        merged = services.merger.merge(user_id, body.source, now=now)
    return MergedOut.of(user_id, body.source, merged)
