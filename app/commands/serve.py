"""`kindred serve`: HTTP over running services."""

from collections.abc import Callable

import uvicorn

from app.commands.jobs import utc_now
from app.main import create_app
from app.services import Services
from app.settings import Settings

DRAIN_SECONDS = 10
"""How long answers in flight may take to finish on a graceful stop."""


def serve_http(settings: Settings, *, beside: Callable[[Services], None] | None = None) -> None:
    """Serve until told to stop.

    Args:
        settings: Checked.
        beside: Called once with the services, before the first request; must return at once.
    """
    services = Services(settings, clock=utc_now)
    if beside is not None:
        beside(services)
    uvicorn.run(
        create_app(services),
        host=settings.host,
        port=settings.port,
        log_config=None,  # app.telemetry has configured logging
        access_log=False,  # and app.main logs requests
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
