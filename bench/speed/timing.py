"""Times taken in turns, so that whatever else the machine does falls on all alike."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psutil

Step = Callable[[int], object]
"""Does one thing, told its turn from 0."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Times in seconds: the middle one, and those a quarter and a twentieth from the ends."""

    median: float
    low: float
    high: float
    p95: float
    count: int

    def __str__(self) -> str:
        """In milliseconds: the median, and the middle half of all."""
        return f"{self.median * 1e3:.2f} ms ({self.low * 1e3:.2f} to {self.high * 1e3:.2f})"


def spread(seconds: Sequence[float]) -> Spread:
    """Sum up times; at least one."""
    low, median, high, p95 = np.percentile(np.asarray(seconds), [25, 50, 75, 95]).tolist()
    return Spread(median, low, high, p95, len(seconds))


def in_turns(steps: Mapping[str, Step], *, rounds: int, warm_up: int = 5) -> dict[str, list[float]]:
    """Do each step once a round, in an order that moves on by one each round.

    Args:
        steps: By name.
        rounds: Times each is taken.
        warm_up: Rounds before, not taken.

    Returns:
        Seconds by name, in order of rounds: equal places were taken right after each other.
    """
    names = list(steps)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(-warm_up, rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            began = time.perf_counter()
            steps[name](turn + warm_up)
            seconds = time.perf_counter() - began
            if turn >= 0:
                taken[name].append(seconds)
    return taken


def ratio(over: Sequence[float], under: Sequence[float]) -> Spread:
    """How many times as long each round's one took as its other; a Spread of plain numbers."""
    return spread([a / b for a, b in zip(over, under, strict=True)])


def processor(pid: int) -> float:
    """Return the seconds of processor time a process has taken, its children left out."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Busy:
    """Seconds of processor time: of everybody, of this process and its ended children, and idle."""

    everybody: float
    ours: float
    idle: float


def busy() -> Busy:
    """Read them, as of now."""
    all_times, own = psutil.cpu_times(), os.times()
    idle = all_times.idle + getattr(all_times, "iowait", 0.0)
    return Busy(sum(all_times) - idle, own.user + own.system + sum(own[2:4]), idle)


def others_share(before: Busy, after: Busy) -> float:
    """Return the share of all processors' time that others took between two readings, 0 to 1."""
    everybody = after.everybody - before.everybody
    whole = everybody + after.idle - before.idle
    return max(everybody - (after.ours - before.ours), 0.0) / whole if whole > 0 else 0.0
