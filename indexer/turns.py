"""Taking turns: how a person's question gets into a model that is busy with a long batch."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType

import numpy as np

from embedders.items import Content
from embedders.spaces import Embedded, Embedder

TURN_SECONDS = 0.2
"""About how long a batch keeps others waiting.

A batch of 32 takes 0.8 s (titles and descriptions) to 2.6 s (long texts) in MiniLM and 1.7 s
(photographs) in ResNet-18 on one core; cut into turns it took no longer.
"""

FIRST_TURN = 4
"""Contents in a turn before anything is known of a model's pace."""

LARGEST_TURN = 1_024
"""Contents in a turn at most: the largest forward pass that can be configured."""


class Turns:
    """A lock that is had first come, first served.

    With a plain lock, a thread that lets go and asks again at once gets it again, and one that has
    waited for it goes on waiting.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()  # it is theirs now, and stays taken
            else:
                self._taken = False


class SharedEmbedder:
    """An embedder that threads take turns in.

    A batch is cut into turns of about TURN_SECONDS by the pace of the one before, so that somebody
    with one question waits for a turn and not for a batch, on slow machines and fast.

    Args:
        embedder: Called by one thread at a time.
        clock: Gives seconds, from any beginning.
    """

    def __init__(self, embedder: Embedder, clock: Callable[[], float] = time.perf_counter) -> None:
        self.embedder = embedder
        self._clock = clock
        self._turns = Turns()
        self._affordable = FIRST_TURN

    def embed(self, contents: Sequence[Content]) -> Embedded:
        """Embed a batch of any length, in one turn or more."""
        parts = [self._turn(contents)]
        done = len(parts[0].present)
        while done < len(contents):
            parts.append(self._turn(contents[done:]))
            done += len(parts[-1].present)
        return parts[0] if len(parts) == 1 else _together(parts)

    def _turn(self, contents: Sequence[Content]) -> Embedded:
        """Embed the first of the contents: as many as a turn affords."""
        with self._turns:
            mine = contents[: self._affordable]
            began = self._clock()
            embedded = self.embedder.embed(mine)
            if mine:
                self._note(len(mine), self._clock() - began)
            return embedded

    def _note(self, count: int, seconds: float) -> None:
        # At most twice as many as before: contents without words or picture take no time at all.
        most = min(2 * self._affordable, LARGEST_TURN)
        affordable = int(count * TURN_SECONDS / max(seconds, 1e-6))
        self._affordable = min(max(affordable, 1), most)


def _together(parts: Sequence[Embedded]) -> Embedded:
    problems: dict[int, str] = {}
    before = 0
    for part in parts:
        problems |= {before + row: problem for row, problem in part.problems.items()}
        before += len(part.present)
    return Embedded(
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.present for part in parts]),
        problems,
    )
