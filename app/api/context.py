"""What routes are given: the services, the counters, and the time the request came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from app.api.places import Places
from app.api.scenario_use import Scenarios
from app.services import Services
from app.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class Context:
    """What an app was made with.

    Attributes:
        now: Reads the clock; times have an offset.
        places: For requests in work.
        patience: How long a request waits for one answer of PostgreSQL.
    """

    services: Services
    scenarios: Scenarios
    metrics: Metrics
    now: Callable[[], datetime]
    places: Places
    patience: timedelta


def context_of(request: Request) -> Context:
    """Return the context of the request's app."""
    context = request.app.state.context
    if not isinstance(context, Context):
        raise TypeError("the app was not made by app.main.create_app")
    return context


def services_of(request: Request) -> Services:
    """Return the services of the request's app."""
    return context_of(request).services


# Async, though nothing is awaited: FastAPI would send plain functions through its thread pool.


async def _services(request: Request) -> Services:
    return services_of(request)


async def _scenarios(request: Request) -> Scenarios:
    return context_of(request).scenarios


async def _now(request: Request) -> datetime:
    return context_of(request).now()


async def _metrics(request: Request) -> Metrics:
    return context_of(request).metrics


ServicesOf = Annotated[Services, Depends(_services)]
ScenariosOf = Annotated[Scenarios, Depends(_scenarios)]
MetricsOf = Annotated[Metrics, Depends(_metrics)]
Now = Annotated[datetime, Depends(_now)]
