"""What people did, as a data set recorded it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Goods:
    """An item: its id, what is embedded of it, and the categories it is counted under."""

    item_id: str
    title: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A data set of n interactions of one kind, in the order of time.

    Attributes:
        name: What reports call it.
        source: What it is, its terms included.
        items: The catalogue.
        people: Their ids.
        kind: Of all interactions, e.g. "purchase".
        who: Shape (n,), rows of `people`.
        what: Shape (n,), rows of `items`.
        when: Shape (n,), seconds since 1970 (UTC), ascending; ties as recorded.
        value: Shape (n,), NaN where there is none.
        visit: Shape (n,), what was done in one go has the same number: an invoice, a sitting.
        lapse: An item that nobody touched for so long is not to be had (not yet, or no longer);
            None: every item always is.
        grouped_by: How items came to their categories, in words.
    """

    name: str
    source: str
    items: tuple[Goods, ...]
    people: tuple[str, ...]
    kind: str
    who: Rows
    what: Rows
    when: Rows
    value: NDArray[np.float64]
    visit: Rows
    lapse: timedelta | None
    grouped_by: str

    def likes(self, row: int) -> bool:
        """Say whether an interaction speaks for its item: four stars do, three do not."""
        return self.kind != "rating" or bool(self.value[row] >= 4.0)

    def spurns(self, row: int) -> bool:
        """Say whether an interaction speaks against its item: two stars do."""
        return self.kind == "rating" and bool(self.value[row] <= 2.0)


Reader = Callable[[], Recorded]


def at(seconds: int) -> datetime:
    """Return a time of `Recorded.when`."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds(time: datetime) -> int:
    """Return a time as `Recorded.when` has it."""
    return int(time.timestamp())
