"""What was used last, held in memory."""

import heapq
import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class LastUsed(Generic[Key, Value]):
    """The last used values by key, at most `capacity`; safe for many threads.

    Whoever holds values under a key sees to it that they never change.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Return those that are held, and mark them as used."""
        held = self._held
        with self._lock:
            found = {key: held[key] for key in keys if key in held}
            for key in found:
                held.move_to_end(key)
        return found

    def hold(self, values: Mapping[Key, Value]) -> None:
        """Add values, letting go of those not used for longest."""
        with self._lock:
            self._held.update(values)
            while len(self._held) > self._capacity:
                self._held.popitem(last=False)


SPARE = 16
"""One in so many values goes when there are too many, so that this is seldom."""


@dataclass(slots=True)
class _Entry(Generic[Value]):
    """A value of a revision, and when it was used last."""

    used: int
    revision: int
    value: Value


class OfRevisions(Generic[Value]):
    """The last used values of numbered things, each of one revision; safe for many threads.

    Nothing is given for another revision than was held, so what never changes within a revision
    cannot be stale. One look-up by a number takes a third of what `LastUsed` takes by a tuple.

    Args:
        capacity: Values held at most.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: dict[int, _Entry[Value]] = {}
        self._turn = 0
        self._lock = threading.Lock()

    def find(self, revisions: Mapping[int, int]) -> dict[int, Value]:
        """Return those that are held of these revisions, by key, and mark them as used."""
        found = {}
        with self._lock:
            self._turn = turn = self._turn + 1
            held = self._held
            for key, revision in revisions.items():
                entry = held.get(key)
                if entry is not None and entry.revision == revision:
                    entry.used = turn
                    found[key] = entry.value
        return found

    def hold(self, values: Mapping[int, Value], revisions: Mapping[int, int]) -> None:
        """Add values by key, instead of those of other revisions; those not used for longest go.

        Args:
            values: By key.
            revisions: At least those of the values.
        """
        if self._capacity == 0:
            return
        with self._lock:
            self._turn += 1
            for key, value in values.items():
                self._held[key] = _Entry(self._turn, revisions[key], value)
            over = len(self._held) - self._capacity
            if over > 0:
                gone = over + self._capacity // SPARE
                held = self._held
                for key in heapq.nsmallest(gone, held, key=lambda key: held[key].used):
                    del held[key]
