"""Places for requests in work: as many at once as a process can do something about.

More at once would only wait for each other, in threads and for connections, until all were late.
Whoever finds no place waits a bounded time in a bounded queue, and is told to come back otherwise.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from app.errors import Overloaded

BULK = 4
"""Batches get one place in so many, so that an import leaves the others to people."""

Reason = Literal["queue_full", "waited"]
"""Why a request was turned away."""


class Places:
    """Hands out places, first come first served; to be used in one event loop.

    Args:
        most: Requests in work at once, 1 or more.
        most_waiting: Requests that may wait.
        patience: Seconds one may wait.
        turned_away: Told why a request was.
    """

    def __init__(
        self,
        most: int,
        *,
        most_waiting: int,
        patience: float,
        turned_away: Callable[[Reason], None],
    ) -> None:
        self._most = most
        self._most_bulk = max(1, most // BULK)
        self._most_waiting = most_waiting
        self._patience = patience
        self._turned_away = turned_away
        self._queue: deque[_Waiting] = deque()
        self._bulk = 0
        self.taken = 0

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._queue)

    @asynccontextmanager
    async def place(self, *, bulk: bool) -> AsyncIterator[None]:
        """Hold a place, waiting for it if need be.

        Raises:
            Overloaded: There was none in time, or too many wait already.
        """
        held = _Held(self, bulk=bulk)
        await self._take(bulk=bulk)
        token = _HELD.set(held)
        try:
            yield
        finally:
            _HELD.reset(token)
            held.leave()

    async def _take(self, *, bulk: bool) -> None:
        if self._is_free(bulk=bulk):
            self._enter(bulk=bulk)
            return
        if len(self._queue) >= self._most_waiting:
            raise self._refusal("queue_full")
        waiting = _Waiting(asyncio.get_running_loop().create_future(), bulk)
        self._queue.append(waiting)
        try:
            await asyncio.wait([waiting.place], timeout=self._patience)
        except asyncio.CancelledError:
            self._give_up(waiting)
            raise
        if not waiting.place.done():
            self._give_up(waiting)
            raise self._refusal("waited")

    def _refusal(self, reason: Reason) -> Overloaded:
        self._turned_away(reason)
        return Overloaded("More is asked at the moment than can be answered in time.")

    def _is_free(self, *, bulk: bool) -> bool:
        return self.taken < self._most and not (bulk and self._bulk >= self._most_bulk)

    def _enter(self, *, bulk: bool) -> None:
        self.taken += 1
        self._bulk += bulk

    def _give_up(self, waiting: "_Waiting") -> None:
        if waiting.place.done():
            self.left(bulk=waiting.bulk)
        else:
            self._queue.remove(waiting)

    def left(self, *, bulk: bool) -> None:
        """Note that a place is free, and give it to the first who may have it."""
        self.taken -= 1
        self._bulk -= bulk
        following = next((each for each in self._queue if self._is_free(bulk=each.bulk)), None)
        if following is not None:
            self._queue.remove(following)
            self._enter(bulk=following.bulk)
            following.place.set_result(None)


def leave_place() -> None:
    """Give the place of the request in hand back before its end: from now on it only waits."""
    held = _HELD.get()
    if held is not None:
        held.leave()


@dataclass(eq=False, slots=True)
class _Waiting:
    place: "asyncio.Future[None]"
    bulk: bool


class _Held:
    """A place that is left once."""

    def __init__(self, places: Places, *, bulk: bool) -> None:
        self._places = places
        self._bulk = bulk
        self._left = False

    def leave(self) -> None:
        if not self._left:
            self._left = True
            self._places.left(bulk=self._bulk)


_HELD: ContextVar[_Held | None] = ContextVar("kindred_place", default=None)
