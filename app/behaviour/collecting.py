"""From a stream of interactions to arrays, people and items numbered as they come."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from app.behaviour.log import Log

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Days of a log are counted from here."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """One interaction.

    Attributes:
        user_id: Whose.
        item_key: With which item.
        kind: e.g. "view".
        weight: Evidence, below 0 if it speaks against the item.
        happened_at: When, with an offset.
    """

    user_id: str
    item_key: int
    kind: str
    weight: float
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Collected:
    """A log, and what its numbers stand for.

    Attributes:
        log: In the order they came.
        user_ids: Of each number of a person.
        item_keys: Of each number of an item.
        kinds: Of each number of a kind.
    """

    log: Log
    user_ids: tuple[str, ...]
    item_keys: tuple[int, ...]
    kinds: tuple[str, ...]


def day_of(moment: datetime) -> float:
    """Return a moment as a log has it: days since EPOCH."""
    return (moment - EPOCH) / _DAY


def collect(stream: Iterable[Happened]) -> Collected:
    """Read a stream to its end, keeping 40 bytes an interaction beside the ids."""
    people: dict[str, int] = {}
    items: dict[int, int] = {}
    kinds: dict[str, int] = {}
    whose, what, how = array("q"), array("q"), array("q")
    weights, days = array("d"), array("d")
    for each in stream:
        whose.append(people.setdefault(each.user_id, len(people)))
        what.append(items.setdefault(each.item_key, len(items)))
        how.append(kinds.setdefault(each.kind, len(kinds)))
        weights.append(each.weight)
        days.append(day_of(each.happened_at))
    log = Log(
        np.array(whose, dtype=np.int64),
        np.array(what, dtype=np.int64),
        np.array(how, dtype=np.int64),
        np.array(weights, dtype=np.float32),
        np.array(days, dtype=np.float64),
    )
    return Collected(log, tuple(people), tuple(items), tuple(kinds))
