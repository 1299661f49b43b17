"""What bulk work leaves to people: it works in small steps and rests after each while they ask.

A search that comes while rows are being written waits for part of the write, so a step is kept
short; and the engine, its disk and the processor need time of their own for what people ask.

Where people ask for all that the machine can give, a step takes long whatever is in it, since each
of its calls waits its turn. Steps then grow until the floor is kept: bulk work must end.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

STEP_SECONDS = 0.01
"""About how long a step may take while people ask: what a search takes, or less."""

LEAST = 4
"""Items a step; fewer cost more in calls than they save in waiting."""

LONGEST_REST = 1.0
"""Seconds; whoever is told to stop, or that nobody asks any more, hears of it as soon."""

LOOK_EVERY = 1.0
"""Seconds between looks whether people ask."""

T = TypeVar("T")


def nobody() -> bool:
    """Say that nobody asks."""
    return False


class Throttle:
    """Paces bulk work; one for each thread that does some.

    Args:
        asked: Whether people ask at present; may read SQL, and is asked at most once a second.
        share: Of its time that bulk work works while they do, above 0, at most 1.
        floor: Items a second that it does all the same, if the machine can.
        clock, rest: Seconds that never go back, and waiting some.
        tell: Told the seconds of each rest.
    """

    def __init__(
        self,
        asked: Callable[[], bool] = nobody,
        *,
        share: float = 0.25,
        floor: float = 50.0,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
        tell: Callable[[float], None] | None = None,
    ) -> None:
        self._asked = asked
        self._share = share
        self._floor = floor
        self._clock = clock
        self._rest = rest
        self._tell = tell
        self._busy = False
        self._look_at = 0.0
        self._step = LEAST

    def steps(self, items: Sequence[T], *, most: int) -> Iterator[Sequence[T]]:
        """Cut items into steps, resting after each; all there is room for while nobody asks.

        Args:
            items: To be worked on by whoever takes them.
            most: Items a step at most.
        """
        start = 0
        while start < len(items):
            some = items[start : start + self.room(most)]
            with self.work(len(some)):
                yield some
            start += len(some)

    def room(self, most: int, *, least: int = 1) -> int:
        """Say how many items a step may have now: so many at most while nobody asks.

        Args:
            most: At most.
            least: No fewer, where beginning a step costs as much as some items do.
        """
        return min(most, max(least, self._step)) if self.people_ask() else most

    @contextmanager
    def work(self, items: int) -> Iterator[None]:
        """Rest after what is done inside, as long as it took asks for."""
        began = self._clock()
        yield
        if self.people_ask():
            seconds = self._clock() - began
            self._adapt(items, seconds)
            self._pause(items, seconds)

    def people_ask(self) -> bool:
        """Say whether people ask at present, looking now and then."""
        now = self._clock()
        if now >= self._look_at:
            self._busy = self._asked()
            self._look_at = now + LOOK_EVERY
        return self._busy

    def _adapt(self, items: int, seconds: float) -> None:
        """Find how many items take as long as a step should, or if more, as many as keep the floor.

        From one step to the next the number doubles or halves at most, so at twice the floor half
        of them keep it, too.
        """
        fitting = int(items * STEP_SECONDS / max(seconds, 1e-6))
        least = self._floor * seconds
        if items < least:
            self._step = max(self._step, 2 * items)
        elif fitting > self._step or items >= 2 * least:
            self._step = max(LEAST, self._step // 2, min(fitting, 2 * self._step))

    def _pause(self, items: int, seconds: float) -> None:
        wanted = seconds * (1 / self._share - 1)
        allowed = items / self._floor - seconds
        pause = min(wanted, allowed, LONGEST_REST)
        if pause > 0:
            self._rest(pause)
            if self._tell is not None:
                self._tell(pause)
