"""When something was broken on purpose, and for how long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

GRACE = 2.0
"""Seconds after a fault for which what fails is still its doing: connections are made anew."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        what: In words.
        began, ended: By time.monotonic(); ended is inf while it lasts.
    """

    what: str
    began: float
    ended: float


class Faults:
    """All of a run."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    @property
    def all(self) -> tuple[Fault, ...]:
        """In the order in which they began."""
        with self._lock:
            return tuple(self._faults)

    @contextmanager
    def lasting(self, what: str) -> Iterator[None]:
        """Say that something is broken for as long as the block lasts."""
        began = time.monotonic()
        with self._lock:
            place = len(self._faults)
            self._faults.append(Fault(what, began, float("inf")))
        try:
            yield
        finally:
            with self._lock:
                self._faults[place] = Fault(what, began, time.monotonic())

    def touch(self, began: float, ended: float) -> bool:
        """Say whether a fault lasted at some time between."""
        with self._lock:
            return any(each.began <= ended and began <= each.ended + GRACE for each in self._faults)
