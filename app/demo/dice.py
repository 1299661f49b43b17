"""Choices that look random and are the same every time."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Dice:
    """A sequence of choices decided by a name alone.

    Unlike a random generator that is handed round, what one product draws does not depend on how
    many were drawn before it, and no library update changes the outcome.
    """

    def __init__(self, *name: object) -> None:
        self._name = "/".join(str(part) for part in name)
        self._throws = 0

    def share(self) -> float:
        """Throw a number from 0 up to, not including, 1."""
        self._throws += 1
        thrown = hashlib.blake2b(f"{self._name}#{self._throws}".encode(), digest_size=6).digest()
        return int.from_bytes(thrown) / 2**48

    def between(self, low: float, high: float) -> float:
        """Throw a number between two."""
        return low + (high - low) * self.share()

    def happens(self, probability: float) -> bool:
        """Decide whether something happens."""
        return self.share() < probability

    def pick(self, options: Sequence[Option], weights: Sequence[float] | None = None) -> Option:
        """Take one of the options, the heavier the likelier."""
        if weights is None:
            return options[int(self.share() * len(options))]
        left = self.share() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]

    def several(self, options: Sequence[Option], count: int) -> list[Option]:
        """Take different options, at most all of them, in a thrown order."""
        left = list(options)
        return [left.pop(int(self.share() * len(left))) for _ in range(min(count, len(left)))]
