"""The HTTP application, over services that somebody else has opened."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from app.api import (
    audit,
    batches,
    health,
    interactions,
    interests,
    items,
    people,
    people_alike,
    recommendations,
    rights,
    scenarios,
    search,
    statuses,
    webhooks,
)
from app.api.context import Context
from app.api.docs import add_docs
from app.api.middleware import Bounded, Observed
from app.api.places import Places
from app.api.problems import MEDIA_TYPE, register
from app.api.scenario_use import Scenarios
from app.api.security import EXPOSED, TAKEN
from app.clock import utc_now
from app.services import Services

SPARE_THREADS = 16
"""Beside one for each request in work."""

DESCRIPTION = """
Recommendations from a catalogue's words, pictures and people. A new item is recommended a moment
after it was created.

Every error is a problem document (RFC 9457) with a stable `type` and the `request_id`, which is
also in the `X-Request-ID` header of every answer; send your own there to find it again in the logs.
A key (`Authorization: Bearer …`) has the scopes `read`, `write` or both; `admin` stands for all.
"""

TAGS = [
    {"name": "webhooks", "description": "What changed in the shop, sent by the shop."},
    {"name": "items", "description": "The catalogue, and how far each item has come."},
    {"name": "interactions", "description": "What people did."},
    {
        "name": "people",
        "description": "What is known of people, what they are after, and what they say to it.",
    },
    {"name": "recommendations", "description": "What to show."},
    {"name": "scenarios", "description": "Named defaults of what to show, kept by an operator."},
    {"name": "audit", "description": "Who administered what, and when."},
    {"name": "health", "description": "What is up. These need no key."},
]


class Application(FastAPI):
    """FastAPI, but OpenAPI says of problems that they come as problem details alone."""

    def openapi(self) -> dict[str, Any]:
        """Describe the API."""
        document = super().openapi()
        for path in document["paths"].values():
            for operation in path.values():
                for response in operation["responses"].values():
                    if MEDIA_TYPE in response.get("content", {}):
                        # FastAPI adds the media type of good answers to every model.
                        response["content"].pop("application/json", None)
        return document


def create_app(services: Services, *, now: Callable[[], datetime] = utc_now) -> FastAPI:
    """Make the application.

    Args:
        services: Opened; started when the application starts, and stopped when it stops.
        now: Reads the clock; times have an offset.
    """
    metrics = services.metrics

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Beside those in work there must be threads for health, and for parsing what arrives.
        threads = to_thread.current_default_thread_limiter()
        threads.total_tokens = max(threads.total_tokens, settings.max_requests + SPARE_THREADS)
        services.start()
        try:
            yield
        finally:
            await run_in_threadpool(services.stop)

    app = Application(
        docs_url=None,  # see app.api.docs
        redoc_url=None,
        title="Kindred",
        version=_version(),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=lifespan,
        # A redirect would carry the Host header's name, which anyone can set.
        redirect_slashes=False,
    )
    settings = services.settings
    places = Places(
        settings.max_requests,
        most_waiting=settings.max_waiting,
        patience=settings.turn_timeout.total_seconds(),
        turned_away=metrics.strain.turned_away,
    )
    metrics.strain.watch_places(lambda: places.taken, lambda: places.waiting)
    app.state.context = Context(
        services, Scenarios(services), metrics, now, places, settings.database_timeout
    )
    register(app, metrics.strain.failed)
    for part in (
        webhooks,
        batches,
        statuses,
        recommendations,
        search,
        items,
        interactions,
        people,
        rights,
        people_alike,
        interests,
        scenarios,
        audit,
        health,
    ):
        app.include_router(part.router)
    add_docs(app)
    # The last one added is the first to see a request.
    app.add_middleware(
        Bounded,
        max_body_bytes=settings.max_body_bytes,
        max_seconds=settings.request_timeout.total_seconds(),
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=TAKEN,
            expose_headers=EXPOSED,
            max_age=600,
        )
    app.add_middleware(Observed, metrics=metrics)
    return app


def _version() -> str:
    try:
        return version("kindred")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
