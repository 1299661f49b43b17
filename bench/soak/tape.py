"""What came of each request, by route, apart from those that a fault was bound to hit."""

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Route:
    """One route's figures.

    Attributes:
        name: Method and template.
        requests: How many were answered as they should be, in quiet times and all.
        median, p99: Seconds, of those that no fault touched; nan without any.
    """

    name: str
    requests: int
    median: float
    p99: float


@dataclass
class Tape:
    """Records requests from many threads."""

    quiet: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    disturbed: Counter[str] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, route: str, seconds: float, *, disturbed: bool) -> None:
        """Note an answer that was as it should be."""
        with self._lock:
            if disturbed:
                self.disturbed[route] += 1
            else:
                self.quiet[route].append(seconds)

    def failed(self, route: str, why: str, *, disturbed: bool) -> None:
        """Note one that was not; while a fault lasts, it is its doing."""
        with self._lock:
            (self.refusals if disturbed else self.errors)[route, why] += 1

    def routes(self) -> Sequence[Route]:
        """Sum up, the most asked first."""
        names = self.quiet.keys() | self.disturbed.keys()
        summed = [
            Route(
                name,
                len(self.quiet[name]) + self.disturbed[name],
                *(np.percentile(self.quiet[name], (50, 99)).tolist() or ())
                if self.quiet[name]
                else (float("nan"), float("nan")),
            )
            for name in names
        ]
        return sorted(summed, key=lambda each: (-each.requests, each.name))
