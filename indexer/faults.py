"""What an audit finds: faults counted by kind, with a few of each to look at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SHOWN = 10
"""Faults of a kind that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be.

    Attributes:
        kind: A stable name, as "behind".
        about: What it is about: an item_id, or a name that says what.
        seen: What was seen, in a few words.
    """

    kind: str
    about: str
    seen: str


@dataclass(frozen=True, slots=True)
class Check:
    """What one part of an audit found.

    Attributes:
        name: Of the part.
        looked_at: How much was compared.
        faults: Kind to how many.
        examples: At most `SHOWN` of each kind.
        in_flight: What was just being written, and so could not be judged.
        set_aside: Items that are not as they should be and are known to be so (`kindred queue`).
        mended: Kind to how many were put right, or handed to a worker to put right.
        skipped: Why nothing was looked at, or None.
    """

    name: str
    looked_at: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    examples: Sequence[Fault] = ()
    in_flight: int = 0
    set_aside: int = 0
    mended: Mapping[str, int] = field(default_factory=dict)
    skipped: str | None = None

    @property
    def found(self) -> int:
        """How many faults there are."""
        return sum(self.faults.values())

    @property
    def left(self) -> int:
        """How many of them were not mended."""
        return sum(max(many - self.mended.get(kind, 0), 0) for kind, many in self.faults.items())


def check_of(said: Mapping[str, Any]) -> Check:
    """Read a check that was kept as JSON (`dataclasses.asdict`)."""
    examples = tuple(Fault(**each) for each in said["examples"])
    return Check(**{**said, "examples": examples})


class Tally:
    """Counts what one part finds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.looked_at = 0
        self.in_flight = 0
        self.set_aside = 0
        self.faults: Counter[str] = Counter()
        self.mended: Counter[str] = Counter()
        self._examples: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Count a fault, and keep it if it is among the first of its kind."""
        self.faults[fault.kind] += 1
        if self.faults[fault.kind] <= SHOWN:
            self._examples.append(fault)

    def check(self) -> Check:
        """Say what was found so far."""
        return Check(
            self.name,
            self.looked_at,
            dict(self.faults),
            tuple(self._examples),
            self.in_flight,
            self.set_aside,
            dict(self.mended),
        )
