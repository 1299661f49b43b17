"""Errors as problem details (RFC 9457): one form, a stable `type`, and a request id to quote."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.api.field_errors import FieldError, field_errors, sentence
from app.errors import (
    AppError,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NextContradicted,
    NextExpired,
    NextUnreadable,
    NotFound,
    OutOfStorage,
    Overloaded,
    TooLarge,
    TooManyRequests,
    TooSlow,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from app.paging import Expired, PagingError, Unreadable
from app.people.errors import NothingKept, PeopleError
from app.recommend.errors import (
    InvalidWeights,
    RecommendError,
    UnknownInterest,
    UnknownItem,
    UnknownSpace,
)
from app.scenarios.errors import ScenarioError, TooManyScenarios, UnknownScenario
from app.strain_metrics import Part, part_of
from indexer.errors import (
    DatabaseUnavailable,
    IndexerError,
    InvalidFilter,
    InvalidItem,
    StorageFull,
    StoreUnavailable,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""Those a route can take."""

OURS: tuple[tuple[type[Exception], type[AppError]], ...] = (
    (InvalidItem, Invalid),
    (InvalidFilter, Invalid),
    (UnknownSpace, Invalid),
    (InvalidWeights, Invalid),
    (UnknownItem, NotFound),
    (UnknownInterest, NotFound),
    (Unreadable, NextUnreadable),
    (Expired, NextExpired),
    (NothingKept, Conflict),
    (PeopleError, Invalid),
    (UnknownScenario, NotFound),
    (TooManyScenarios, Conflict),
    (DatabaseUnavailable, Unavailable),
    (StoreUnavailable, Unavailable),
    (StorageFull, OutOfStorage),
)
"""What the packages below raise, and what it is to a client; their messages are for people."""

PACKAGES: tuple[type[Exception], ...] = (
    IndexerError,
    RecommendError,
    PeopleError,
    ScenarioError,
    PagingError,
    MemoryError,
)
"""The roots of their trees, and one that any part may raise."""


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:kindred:problem:not-found",
                    "title": "Nothing by that id",
                    "status": 404,
                    "detail": "There is no item 'mug-1'.",
                    "request_id": "0b5c9c2e6f3e4a5d8f6b1c2d3e4f5a6b",
                }
            ]
        },
    )

    type: str = Field(description="A stable name of the kind of problem.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What was wrong this time, and what to do.")
    request_id: str = Field(description="As in the X-Request-ID header and the logs.")
    errors: list[FieldError] | None = Field(None, description="For `invalid`: each broken rule.")


def documented(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Document a route's problems for OpenAPI; those any route can have are added."""
    found: dict[int | str, dict[str, Any]] = {}
    always: tuple[type[AppError], ...] = (
        Unauthorized,
        Forbidden,
        Invalid,
        TooManyRequests,
        Unavailable,
        Overloaded,
    )
    titles: dict[int, list[str]] = {}
    for error in (*errors, *always):
        same = titles.setdefault(error.status, [])
        same += [] if error.title in same else [error.title]
        found[error.status] = {
            "model": Problem,
            "description": "; or: ".join(same),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return found


BODY_PROBLEMS: tuple[type[AppError], ...] = (
    BadRequest,
    TooSlow,
    TooLarge,
    UnsupportedMediaType,
    OutOfStorage,
)
"""What can be wrong with any request that has a body and writes."""


PAGE_PROBLEMS: tuple[type[AppError], ...] = (NextUnreadable, NextExpired, NextContradicted)
"""What can be wrong with `next`."""


def rendered(error: Exception, request_id: str) -> Response | None:
    """Write an error as problem details; None for one a client can do nothing about."""
    match error:
        case AppError():
            return _rendered(error, request_id)
        case RequestValidationError():
            errors = field_errors(error.errors())
            parts = [part.model_dump(exclude_none=True) for part in errors]
            return _rendered(Invalid(sentence(errors), errors=parts), request_id)
        case HTTPException():
            return _http(error, request_id)
    if isinstance(error, MemoryError):
        short = "This machine is short of memory: send less at once, or try again later."
        return _rendered(Unavailable(short), request_id)
    for raised, answered in OURS:
        if isinstance(error, raised):
            return _rendered(answered(str(error)), request_id)
    return None


def register(app: FastAPI, failed: Callable[[Part], None]) -> None:
    """Make every error a client can do something about into problem details.

    Args:
        app: Raises them.
        failed: Told which part a request failed for.
    """

    async def handle(request: Request, error: Exception) -> Response:
        part = part_of(error)
        if part is not None:
            failed(part)
        return await _handle(request, error)

    for kind in (AppError, RequestValidationError, HTTPException, *PACKAGES):
        app.add_exception_handler(kind, handle)


def request_id_of(request: Request) -> str:
    """Return the id the middleware gave the request."""
    return str(request.scope.get("kindred.request_id", ""))


async def _handle(request: Request, error: Exception) -> Response:
    response = rendered(error, request_id_of(request))
    if response is None:
        raise error  # the middleware logs it and answers 500
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(_methods(request))
    return response


def _methods(request: Request) -> list[str]:
    """Name the methods a path takes; the framework names those of its first route alone."""
    routes = request.app.routes

    def taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in routes)

    return [method for method in METHODS if taken(method)]


def _rendered(error: AppError, request_id: str) -> Response:
    response = _response(
        error.status, error.type, error.title, error.detail, request_id, error.extra
    )
    response.headers.update(error.headers)
    return response


def _http(error: HTTPException, request_id: str) -> Response:
    status = HTTPStatus(error.status_code)
    details = {
        HTTPStatus.NOT_FOUND: "There is no such path; /docs lists those there are.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This path does not take this method.",
    }
    response = _response(
        status.value,
        status.phrase.lower().replace(" ", "-"),
        status.phrase,
        details.get(status, str(error.detail)),
        request_id,
        {},
    )
    response.headers.update(error.headers or {})
    return response


def _response(
    status: int, kind: str, title: str, detail: str, request_id: str, extra: Mapping[str, object]
) -> Response:
    body = {
        "type": f"urn:kindred:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id,
        **extra,
    }
    headers = {}
    if status == Unavailable.status:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == Unauthorized.status:
        headers["WWW-Authenticate"] = 'Bearer realm="kindred"'
    # ASCII only: what was given back may hold what UTF-8 cannot carry.
    content = json.dumps(body, ensure_ascii=True)
    return Response(content, status_code=status, headers=headers, media_type=MEDIA_TYPE)
