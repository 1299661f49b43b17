"""What a process and its children hold in memory, over time."""

import statistics
import threading
import time
from collections.abc import Callable

import psutil

EVERY = 2.0
"""Seconds between two looks."""


class Memory:
    """Looks at a process that may be another one later; a thread of its own until stopped."""

    def __init__(self, pid: Callable[[], int | None]) -> None:
        self._pid = pid
        self._samples: list[tuple[float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def median(self, began: float, ended: float) -> float:
        """Return the median of MB held between two times of time.monotonic(); nan of none."""
        held = [size for moment, size in self._samples if began <= moment <= ended]
        return statistics.median(held) if held else float("nan")

    def most(self) -> float:
        """Return the most MB held at any time."""
        return max((size for _, size in self._samples), default=float("nan"))

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            size = held_by(self._pid())
            if size is not None:
                self._samples.append((time.monotonic(), size))


def held_by(pid: int | None) -> float | None:
    """Return the MB a process alone holds, without its children; None if there is none."""
    if pid is None:
        return None
    try:
        return float(psutil.Process(pid).memory_info().rss) / 2**20
    except psutil.Error:
        return None
