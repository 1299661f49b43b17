"""A circuit breaker: who asks a part that does not answer is told so at once, instead of waiting.

What waits for a time-out holds a thread and a place for as long, so that a part that is silent for
a minute would take everything else with it.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

FAILURES = 3
"""One time-out is a hiccup; a third in a row is none."""

REST = timedelta(seconds=5)
"""Somebody waits out a time-out once in so long; a part that is back is noticed as soon."""


class Breaker:
    """Counts failures in a row, and lets nobody through for a while after too many.

    It opens with the `failures`-th failure in a row. While it is open one call in each `rest` goes
    through, as a trial: whoever succeeds closes it. Safe for many threads.

    Args:
        failures: In a row, 1 or more.
        rest: Between trials.
        clock: Gives seconds that never go back.

    Attributes:
        refused: Calls that were not let through, since the start.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        rest: timedelta = REST,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._rest = rest.total_seconds()
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._next_trial = 0.0
        self.refused = 0

    @property
    def is_open(self) -> bool:
        """Whether calls are refused at present, trials aside."""
        return self._failures >= self._most

    def admits(self) -> bool:
        """Say whether a call may go through; of one that may, tell how it ended."""
        if not self.is_open:
            return True
        with self._lock:
            now = self._clock()
            if now < self._next_trial:
                self.refused += 1
                return False
            # The next trial comes in its time, whatever becomes of this one.
            self._next_trial = now + self._rest
            return True

    def succeeded(self) -> None:
        """Note that the part answered, be it with a refusal."""
        if self._failures:
            with self._lock:
                self._failures = 0

    def failed(self) -> None:
        """Note that the part did not answer."""
        with self._lock:
            self._failures += 1
            if self._failures == self._most:
                self._next_trial = self._clock() + self._rest
