"""Scenarios over HTTP: put, read, delete, list, and what they were before."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.api.bodies import Route
from app.api.context import Now, ScenariosOf, ServicesOf
from app.api.field_errors import FieldError
from app.api.keys import Needs, actor_of
from app.api.problems import BODY_PROBLEMS, documented
from app.api.scenario_bodies import (
    ListedScenario,
    NewScenarioName,
    ScenarioBody,
    ScenarioName,
    ScenarioOut,
    ScenariosOut,
    VersionOut,
    VersionsOut,
)
from app.api.scenario_reading import Scenario
from app.api.trial_bodies import TrialBody, TrialOut, TrialSummary
from app.api.trials import Trial, tried
from app.errors import (
    BadRequest,
    Conflict,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooLarge,
    TooSlow,
    UnsupportedMediaType,
)
from app.scenarios.audit import noted
from app.scenarios.errors import VersionConflict
from app.scenarios.store import ABSENT, KEPT_VERSIONS, StoredScenario
from app.services import Services

LARGEST_VERSION = 2**31 - 1

router = APIRouter(prefix="/v1", tags=["scenarios"], route_class=Route)
reads = Depends(Needs("read"))
administers = Depends(Needs("admin"))

_ETAG = re.compile(r'"(\d{1,9})"')

Version = Annotated[
    int | None,
    Query(
        ge=0,
        le=LARGEST_VERSION,
        description="Only if this is the newest version, as `If-Match`; 0: only if there is none.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(description='The ETag of the version the change is made of, like `"3"`.'),
]
IfNoneMatch = Annotated[
    str | None, Header(description="`*`: only if there is no scenario by this name.")
]


async def _expected(
    version: Version = None, if_match: IfMatch = None, if_none_match: IfNoneMatch = None
) -> int | None:
    """Read which version a write expects; None: any."""
    said = {version} - {None}
    if if_match is not None:
        tag = _ETAG.fullmatch(if_match.strip())
        if tag is None:
            raise _invalid("If-Match", 'takes one version in quotes, like "3"', if_match)
        said.add(int(tag[1]))
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            raise _invalid("If-None-Match", "takes * alone", if_none_match)
        said.add(ABSENT)
    if len(said) > 1:
        raise Invalid("version, If-Match and If-None-Match expect different versions: send one.")
    return next(iter(said), None)


Expected = Annotated[int | None, Depends(_expected)]


@router.get(
    "/scenarios",
    operation_id="list_scenarios",
    summary="List scenarios",
    dependencies=[reads],
    responses=documented(),
)
def list_scenarios(services: ServicesOf) -> ScenariosOut:
    """All there are, by name, without their defaults."""
    services.live_scenarios.refresh()
    held = services.live_scenarios.held.scenarios
    return ScenariosOut(scenarios=[ListedScenario.of(each) for each in held.values()])


@router.get(
    "/scenarios/{name}",
    operation_id="get_scenario",
    summary="Read a scenario",
    dependencies=[reads],
    responses=documented(NotFound, Gone),
)
def get_scenario(
    services: ServicesOf,
    response: Response,
    name: ScenarioName,
    version: Annotated[
        int | None,
        Query(ge=1, le=LARGEST_VERSION, description="Another than the newest, if it is kept."),
    ] = None,
) -> ScenarioOut:
    """The newest version or an older one; its `ETag` goes into `If-Match` of a change."""
    stored = services.scenarios.get(name, version)
    if stored is None:
        raise _unknown(services, name, version)
    if stored.body is None:
        raise Gone(
            f"The scenario {name!r} was deleted at {stored.created_at.isoformat()} by version "
            f"{stored.version}; /v1/scenarios/{name}/versions lists what it was before."
        )
    response.headers["ETag"] = f'"{stored.version}"'
    return ScenarioOut.of(stored)


@router.get(
    "/scenarios/{name}/versions",
    operation_id="list_scenario_versions",
    summary="List the versions of a scenario",
    dependencies=[reads],
    responses=documented(NotFound),
)
def list_scenario_versions(services: ServicesOf, name: ScenarioName) -> VersionsOut:
    """Who changed it when, newest first; of a deleted scenario, too, for as long as it is kept.

    The newest 100 are kept, and those of a deleted scenario for KINDRED_RECOMMENDATION_RETENTION,
    as long as answers made under them.
    """
    found = services.scenarios.versions(name)
    if not found:
        raise _unknown(services, name, None)
    return VersionsOut(name=name, versions=[VersionOut.of(each) for each in found])


@router.put(
    "/scenarios/{name}",
    operation_id="put_scenario",
    summary="Create a scenario or replace all of it",
    dependencies=[administers],
    responses=documented(*BODY_PROBLEMS, Conflict, PreconditionFailed),
)
def put_scenario(
    services: ServicesOf,
    request: Request,
    response: Response,
    now: Now,
    name: NewScenarioName,
    body: ScenarioBody,
    expected: Expected,
) -> ScenarioOut:
    """Make a new version, which this process answers with at once and every other in half a second.

    Writing what is there already changes nothing. To go back to an older version, write its body.
    """
    _check_spaces(services, body)
    actor = actor_of(request)
    try:
        stored = services.scenarios.put(
            name,
            body.given,
            author=actor.name,
            now=now,
            expected=expected,
            also=noted(actor, "scenario.put"),
        )
    except VersionConflict as error:
        raise PreconditionFailed(str(error), version=error.version) from error
    services.live_scenarios.refresh()
    return _told(stored, response)


@router.delete(
    "/scenarios/{name}",
    operation_id="delete_scenario",
    summary="Delete a scenario",
    status_code=204,
    dependencies=[administers],
    responses=documented(NotFound, PreconditionFailed),
)
def delete_scenario(
    services: ServicesOf, request: Request, now: Now, name: ScenarioName, expected: Expected
) -> None:
    """From now on it does not hold, and requests that name it are refused.

    Its versions can be read until they are forgotten; writing one of their bodies brings it back.
    """
    actor = actor_of(request)
    try:
        services.scenarios.delete(
            name,
            author=actor.name,
            now=now,
            expected=expected,
            also=noted(actor, "scenario.delete"),
        )
    except VersionConflict as error:
        raise PreconditionFailed(str(error), version=error.version) from error
    services.live_scenarios.refresh()


@router.post(
    "/scenarios/{name}:try",
    operation_id="try_scenario",
    summary="See what a scenario would change",
    dependencies=[administers],
    responses=documented(BadRequest, NotFound, Gone, TooLarge, TooSlow, UnsupportedMediaType),
    response_model_exclude_unset=True,
)
def try_scenario(
    services: ServicesOf, scenarios: ScenariosOf, now: Now, name: NewScenarioName, body: TrialBody
) -> TrialOut:
    """Answer requests with and without it, and compare; nothing is shown, logged or kept.

    It goes on for at most ten seconds and a hundred requests, and what it did not come to is told.
    Both lists are made now, of what is known now. Where something is explored, a part of the
    difference is chance.
    """
    services.live_scenarios.refresh()
    book = scenarios.book
    if body.draft is not None:
        _check_spaces(services, body.draft, root="draft.")
        scenario = Scenario.drafted(name, body.draft)
    elif name in book.scenarios:
        scenario = book.scenarios[name]
    else:
        raise _unknown(services, name, None)
    drafted = body.draft is not None
    trial = Trial.of(book, scenario, drafted=drafted, named=body.named)
    found, left_out = tried(services, trial, body, now=now)
    return TrialOut(
        name=name,
        version=None if drafted else scenario.version,
        named=trial.named,
        summary=TrialSummary.of(name, found),
        left_out=left_out,
        tried=found,
    )


def _told(stored: StoredScenario, response: Response) -> ScenarioOut:
    response.headers["ETag"] = f'"{stored.version}"'
    return ScenarioOut.of(stored)


def _check_spaces(services: Services, body: ScenarioBody, *, root: str = "") -> None:
    """Refuse weights of spaces the index does not have; while none answers, all pass.

    `root` is what the paths in errors begin with.
    """
    spaces = services.spaces
    weights = body.defaults.weights
    unknown = [name for name in weights if spaces is not None and name not in spaces]
    path = f"{root}defaults.weights"
    if unknown:
        known = ", ".join(sorted(spaces or ()))
        raise _invalid(f"{path}.{unknown[0]}", f"is of no space; there are {known}", None)
    if weights and not any(weights.values()):
        raise _invalid(path, "are all 0, so that nothing would be ranked by", None)


def _unknown(services: Services, name: str, version: int | None) -> NotFound:
    kept = services.scenarios.versions(name) if version is not None else []
    if kept:
        return NotFound(
            f"The scenario {name!r} has no version {version}: kept are {kept[-1].version} to "
            f"{kept[0].version}, of which there are at most {KEPT_VERSIONS}."
        )
    return NotFound(f"There is no scenario {name!r}; /v1/scenarios lists those there are.")


def _invalid(field: str, rule: str, value: object) -> Invalid:
    given = None if value is None else str(value)[:80]
    part = FieldError(field=field, message=rule, value=given)
    return Invalid(f"{field} {rule}.", errors=[part.model_dump(exclude_none=True)])
