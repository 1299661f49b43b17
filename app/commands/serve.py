"""`kindred serve`: HTTP over running services."""

import signal
import socket
import threading
from collections.abc import Callable
from functools import partial

import structlog
import uvicorn
from threadpoolctl import threadpool_limits

from app.clock import utc_now
from app.commands.connections import patient
from app.errors import CommandFailed
from app.garbage import spare_once_up
from app.main import create_app
from app.services import Services
from app.settings import Settings

DRAIN_SECONDS = 10
"""How long answers in flight may take to finish on a graceful stop."""

log = structlog.get_logger(__name__)


def serve_http(settings: Settings, *, beside: Callable[[Services], None] | None = None) -> None:
    """Serve until told to stop.

    Args:
        settings: Checked.
        beside: Called once with the services, before the first request; must return at once.

    Raises:
        CommandFailed: The address cannot be had; nothing was started.
    """
    # Before the services: a second process must not begin to index, only to find the port taken.
    sockets = listening(settings.host, settings.port)
    stopping = threading.Event()
    try:
        services = Services(settings, clock=utc_now)
        if beside is not None:
            beside(services)
        config = uvicorn.Config(
            create_app(services),
            http=patient(settings.request_timeout.total_seconds()),
            log_config=None,  # app.telemetry has configured logging
            access_log=False,  # and app.main logs requests
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        for each in sockets:
            host, port = each.getsockname()[:2]
            log.info("listening", host=host, port=port)
        # After a graceful stop uvicorn raises the signal again, for whoever handled it before: by
        # default that ends the process as if it had been killed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        spare_once_up(partial(_up, services), stopping)
        # Requests run beside each other already, and their products are small: with as many
        # threads as cores, one of 320 rows took 2.5 ms on a busy machine instead of 0.2.
        with threadpool_limits(1, "blas"):
            uvicorn.Server(config).run(sockets=sockets)
    finally:
        stopping.set()
        for each in sockets:
            each.close()


def _up(services: Services) -> bool:
    return services.readiness(now=utc_now()).status == "ready"


def listening(host: str, port: int) -> list[socket.socket]:
    """Bind every address of a host; who connects waits until the server accepts.

    Raises:
        CommandFailed: One of them cannot be had.
    """
    bound: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, address in found:
            # With the protocol named, asyncio turns Nagle's algorithm off.
            each = socket.socket(family, kind, protocol)
            bound.append(each)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.bind(address)
    except OSError as error:
        for each in bound:
            each.close()
        raise CommandFailed(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another with --host and "
            "--port, or stop what has it"
        ) from error
    return bound
