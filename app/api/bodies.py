"""Request bodies: JSON as RFC 8259 has it and no more, parsed only for callers who may call."""

import json
import math
import re
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, ClassVar, Protocol, runtime_checkable

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.api.context import context_of
from app.errors import BadRequest, UnsupportedMediaType
from indexer.patience import patience

MAX_DEPTH = 32
"""Deepest nesting: a filter of the greatest depth takes 17, attributes of items little."""

LARGE_BODY_BYTES = 100_000
"""From here on parsing takes long enough (about 1 ms) to hold up other requests' turns."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


@runtime_checkable
class Guard(Protocol):
    """Decides whether a request may go on, before its body is parsed."""

    async def admit(self, request: Request) -> None:
        """Return, or raise Unauthorized or Forbidden."""
        ...


class JsonRequest(Request):
    """A request whose JSON is parsed by `parsed`, not by the lenient default."""

    _parsed: Any

    async def parse(self) -> None:
        """Read and parse the body; raises UnsupportedMediaType or BadRequest."""
        body = await self.body()
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if body and kind != "application/json" and not kind.endswith("+json"):
            raise UnsupportedMediaType(
                f"The Content-Type is {kind or 'missing'}: send application/json."
            )
        if len(body) < LARGE_BODY_BYTES:
            self._parsed = parsed(body)
        else:
            self._parsed = await run_in_threadpool(parsed, body)

    async def json(self) -> Any:  # noqa: ANN401 - JSON can be anything, as in the base class
        """Return what `parse` read."""
        return self._parsed


class Route(APIRoute):
    """A route that asks its guards first, waits its turn, and parses strictly.

    Whoever may not call takes nobody's place, and a body that is long in coming holds none.

    Attributes:
        waits_its_turn: Whether a request takes a place.
        longest: How long it waits for one answer of PostgreSQL; None: as settings say.
    """

    waits_its_turn: ClassVar[bool] = True
    longest: ClassVar[timedelta | None] = None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()
        asked: list[object] = [each.dependency for each in self.dependencies]
        guards = [each for each in asked if isinstance(each, Guard)]
        takes_body = self.body_field is not None

        async def handled(request: JsonRequest, limit: timedelta) -> Response:
            if takes_body:
                await request.parse()
            with patience(limit):
                return await handle(request)

        async def guarded(request: Request) -> Response:
            strict = JsonRequest(request.scope, request.receive)
            for guard in guards:
                await guard.admit(strict)
            context = context_of(request)
            limit = self.longest or context.patience
            if not self.waits_its_turn:
                return await handled(strict, limit)
            size = len(await strict.body()) if takes_body else 0
            async with context.places.place(bulk=_is_bulk(self.path_format, size)):
                return await handled(strict, limit)

        return guarded


def _is_bulk(path: str, size: int) -> bool:
    """Say whether it is a batch: not a person's question, whose picture may be large as well."""
    return path.endswith(":batch") or (path.endswith("/interactions") and size >= LARGE_BODY_BYTES)


class PromptRoute(Route):
    """A route for machines that look after this one: it is never turned away, and gives up soon."""

    waits_its_turn = False
    longest = timedelta(seconds=1)


def parsed(body: bytes) -> object:
    """Parse JSON that is UTF-8, not too deep, without repeated names, NaN or infinite numbers.

    Python's parser takes more than JSON is: `NaN`, 1e999 (as infinity), repeated names (the last
    one wins, while a proxy or log may have read the first), and lone surrogates, which no database
    can keep.

    Raises:
        BadRequest: With the place, where there is one.
    """
    if not body:
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 at byte {error.start}.") from error
    _check_depth(body)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_number,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise BadRequest(
            f"The body is not JSON: {error.msg} at line {error.lineno} column {error.colno}."
        ) from error
    if b"\\ud" in body.lower():
        _check_surrogates(value)
    return value


def _check_depth(body: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise BadRequest(f"The body nests deeper than {MAX_DEPTH} levels.")


def _check_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadRequest("The body holds half of a surrogate pair (\\ud800 to \\udfff).") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(f"The body names {twice[:80]!r} twice in one object.")
    return found


def _constant(name: str) -> object:
    raise BadRequest(f"The body holds {name}, which is not JSON: leave the field out instead.")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadRequest(f"The number {text[:40]} is too large for a double.")
    return number


def _integer(text: str) -> int:
    if len(text) > 20:
        raise BadRequest(f"The number {text[:40]} has more than 20 digits.")
    return int(text)
