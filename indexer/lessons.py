"""The seam through which training reaches what people did, which the indexer knows nothing of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from embedders.sequences import Sequences


@dataclass(frozen=True, slots=True)
class Lesson:
    """What people did, cleaned and in numbers.

    Attributes:
        sequences: Items are numbered from 0.
        item_keys: Of each number.
        read: Interactions there were.
        dropped: Rule of cleaning to interactions it took.
        until: When the newest that is left happened, or None when nothing is left.
    """

    sequences: Sequences
    item_keys: tuple[int, ...]
    read: int
    dropped: Mapping[str, int]
    until: datetime | None


class Lessons(Protocol):
    """What people did."""

    def read(self, progress: Callable[[str, int, int], None]) -> Lesson:
        """Read everything that is to be learned from, as a stream, into arrays.

        Args:
            progress: Called with "reading", interactions read and how many there are; raises to
                end it.

        Raises:
            DatabaseUnavailable: SQL cannot be read.
        """
        ...

    def since(self, moment: datetime | None) -> int:
        """Count the interactions that happened after a moment; all of them for None."""
        ...
