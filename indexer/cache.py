"""What was used last, held in memory."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping
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
