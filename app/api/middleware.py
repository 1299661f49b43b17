"""What every request passes: an id, a line in the log, limits, and a net under all errors."""

import asyncio
import re
import time
import uuid
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import rendered
from app.api.security import secure
from app.errors import AppError, BadRequest, TooLarge, TooSlow
from app.telemetry import Metrics

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
"""Ids from outside that may pass: nothing that could break a log line or a header."""

log = structlog.get_logger("kindred.http")


class Observed:
    """Gives each request an id, logs and counts it, and turns what nobody caught into a 500.

    Neither the log nor the counters see a path, which may name a person: only its route's template.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope["kindred.request_id"] = request_id
        began = time.perf_counter()
        status: int | None = None

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                secure(headers, scope)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, sending)
            except ClientDisconnect:
                pass  # whoever asked is gone, and nobody is left to be answered
            except Exception:  # the outermost place: an answer is owed whatever happened
                log.exception("unexpected_error", method=scope["method"], route=_route(scope))
                if status is None:
                    error = AppError("This is a fault of the service; the request id finds it.")
                    await _answer(error, scope, receive, sending)
            seconds = time.perf_counter() - began
            route = _route(scope)
            self.metrics.answered(_method(scope), route, status or 0, seconds)
            log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                **_caller(scope),
            )


class Bounded:
    """Refuses bodies above a limit, by their announced length or as they come, and odd paths.

    A body that takes too long to arrive is refused as well, however much of it comes how often.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_seconds: float) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.max_seconds = max_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        error = _path_error(scope) or self._length_error(scope)
        if error is not None:
            await _answer(error, scope, receive, send)
            return
        received = 0
        arriving = True
        deadline = asyncio.get_running_loop().time() + self.max_seconds

        async def receiving() -> Message:
            nonlocal received, arriving
            if not arriving:  # what comes now is that the client is gone, whenever that is
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise self._too_slow() from None
            arriving = message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > self.max_body_bytes:
                raise self._too_large()
            return message

        await self.app(scope, receiving, send)

    def _length_error(self, scope: Scope) -> AppError | None:
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self.max_body_bytes:
            return self._too_large()
        return None

    def _too_slow(self) -> TooSlow:
        return TooSlow(
            f"The body was not there within {self.max_seconds:g} s; send less at once, or faster."
        )

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The body is larger than {self.max_body_bytes:,} bytes; send less at once."
        )


def _path_error(scope: Scope) -> AppError | None:
    # A server decodes the path before routing, so that the id "a%2Fstatus" would read as the status
    # of "a"; and bytes that are not UTF-8 become U+FFFD, which could be another id's character.
    raw = bytes(scope.get("raw_path") or b"").lower()
    if b"%2f" in raw:
        return BadRequest("The path holds an encoded slash (%2F); ids never hold a slash.")
    if "\ufffd" in scope["path"]:
        return BadRequest("The path is not UTF-8.")
    return None


async def _answer(error: AppError, scope: Scope, receive: Receive, send: Send) -> None:
    response = rendered(error, Request(scope).scope["kindred.request_id"])
    if response is not None:
        await response(scope, receive, send)


def _route(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "unmatched"


def _method(scope: Scope) -> str:
    # Anyone can invent methods; a counter must not grow a label for each.
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "other"


def _caller(scope: Scope) -> Mapping[str, str]:
    caller = scope.get("kindred.caller")
    return {} if caller is None else {"key": caller}
