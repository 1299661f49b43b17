"""People's rights over HTTP: not being known, seeing what is kept, being erased."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from app.api.bodies import Route
from app.api.context import Now, ServicesOf
from app.api.fields import UserId
from app.api.keys import Needs
from app.api.problems import BODY_PROBLEMS, documented
from app.api.rights_bodies import ConsentBody, ErasedOut, PersonExport, SuspectOut, SuspectsOut
from app.dossiers import written
from app.errors import Conflict, NotFound, OutOfStorage
from app.interactions.erasure import Erased

router = APIRouter(prefix="/v1", tags=["people"], route_class=Route)
reads = Depends(Needs("read"))
writes = Depends(Needs("write"))
administers = Depends(Needs("admin"))

AT_ONCE = 10_000
"""Interactions deleted before a call answers: about a second; the service deletes the rest."""

NOTHING = Erased(0, 0, done=True)


@router.put(
    "/users/{user_id}/consent",
    operation_id="put_consent",
    summary="Say whether a person may be known",
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS, Conflict),
)
def put_consent(services: ServicesOf, now: Now, user_id: UserId, body: ConsentBody) -> ErasedOut:
    """Opt a person out of personalisation, or in again.

    Opting out deletes everything that is kept of them, as `DELETE /v1/users/{user_id}` does, and
    from then on nothing is kept: their interactions are answered with `ignored`, and their lists
    are what is trending, popular and new, which `shortfall` says. Opting in begins anew; nothing
    of before comes back. Saying the same again changes nothing.
    """
    if body.personalised:
        services.eraser.agree(user_id, now=now)
        return ErasedOut.of(user_id, NOTHING, personalised=True)
    erased = services.eraser.opt_out(user_id, now=now, most=AT_ONCE)
    return ErasedOut.of(user_id, erased, personalised=False)


@router.delete(
    "/users/{user_id}",
    operation_id="erase_person",
    summary="Erase a person everywhere",
    dependencies=[writes],
    responses=documented(OutOfStorage),
)
def erase_person(services: ServicesOf, now: Now, user_id: UserId) -> ErasedOut:
    """Delete interactions, sums, attributes, seeds and their pictures, choices and logged answers.

    Once this is answered, no list looks at any of it. A keyed hash of the id is remembered with the
    time, so that an interaction of before that comes late, or in an import, is `ignored`; what the
    person does afterwards begins anew. What they counted in popularity goes as well. What was
    learned from many people's behaviour is made without them when it is next learned. It cannot be
    undone; erasing again changes nothing.
    """
    erased = services.eraser.erase(user_id, now=now, most=AT_ONCE)
    out = services.people.read(user_id).opted_out
    return ErasedOut.of(user_id, erased, personalised=not out)


@router.get(
    "/users/{user_id}/export",
    operation_id="export_person",
    summary="Read everything that is kept of a person",
    dependencies=[reads],
    response_class=StreamingResponse,
    responses={
        **documented(NotFound),
        200: {"model": PersonExport, "content": {"application/json": {}}},
    },
)
def export_person(services: ServicesOf, now: Now, user_id: UserId) -> StreamingResponse:
    """Give everything as one JSON document, for the person to have.

    It is read as it is sent, so that a long one may contain what came meanwhile. 404 if nothing is
    known of them.
    """
    dossier = services.dossiers.of(user_id)
    if not dossier.known:
        raise NotFound(f"Nothing is known of {user_id!r}.")
    pieces = written(user_id, dossier, services.people.picture, now=now)
    return StreamingResponse(pieces, media_type="application/json")


@router.get(
    "/suspects",
    operation_id="list_suspects",
    summary="List who is taken for a machine",
    dependencies=[administers],
    responses=documented(),
)
def list_suspects(
    services: ServicesOf,
    after: Annotated[
        UserId | None, Query(description="Only those after this user_id in order.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> SuspectsOut:
    """List people who behave like machines, by the rules of the settings.

    Everybody who did something is looked at within the hour. While somebody is on this list nothing
    they do counts for what is popular, and training leaves machines out; their own lists are as
    anybody's.
    """
    found = services.suspects(after=after or "", limit=limit)
    return SuspectsOut(
        suspects=[SuspectOut.of(each) for each in found],
        next_after=found[-1].user_id if len(found) == limit else None,
    )
