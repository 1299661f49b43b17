"""What became of the rows of a file, counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.formats.rows import Unit

MAX_PROBLEMS = 100
"""Bad rows told of, and repeated ids; all are counted."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that did not land; lines count from 1, blank ones included."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """An id that came again in the same file; the later row stays."""

    item_id: str
    line: int
    earlier: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file.

    Attributes:
        landed: Rows written.
        unchanged: Rows that were there already, or had been overtaken by a newer write.
        bad: Rows that did not land.
        problems: The first of them, at most MAX_PROBLEMS, in order.
        repeated: Rows whose id had come before.
        repeats: The first of them, at most MAX_PROBLEMS, in order.
        nameless: Bad rows of which no item_id could be read either.
        unit: What `line` counts.
        resumed_after: The row after which an earlier import was taken up again, or 0; what became
            of the rows before is counted in.
    """

    landed: int
    unchanged: int
    bad: int
    problems: tuple[BadRow, ...]
    repeated: int = 0
    repeats: tuple[Repeat, ...] = ()
    nameless: int = 0
    unit: Unit = "line"
    resumed_after: int = 0


class Tally:
    """Counts what becomes of rows.

    Args:
        earlier: What `state` gave when an import was broken off.
        unit: What rows are counted in.
        resumed_after: The row after which that was.
    """

    def __init__(
        self, earlier: Mapping[str, Any], *, unit: Unit = "line", resumed_after: int = 0
    ) -> None:
        self._counts: dict[str, int] = {
            name: int(earlier.get(name, 0))
            for name in ("landed", "unchanged", "bad", "repeated", "dropped", "nameless")
        }
        self._problems = [BadRow(*each) for each in earlier.get("problems", [])]
        self._repeats = [Repeat(*each) for each in earlier.get("repeats", [])]
        self._unit = unit
        self._resumed_after = resumed_after

    @property
    def rows(self) -> int:
        """How many were counted."""
        return sum(self._counts[name] for name in ("landed", "unchanged", "bad", "dropped"))

    def add(self, line: int, outcome: bool | str) -> None:  # noqa: FBT001 - an outcome, not a flag
        """Count a row: new (True), there already (False), or bad, with the reason."""
        if isinstance(outcome, str):
            self._counts["bad"] += 1
            if len(self._problems) < MAX_PROBLEMS:
                self._problems.append(BadRow(line, outcome))
        else:
            self._counts["landed" if outcome else "unchanged"] += 1

    def again(self, repeat: Repeat, *, dropped: bool) -> None:
        """Count an id that came again; whether the earlier row was not even written."""
        self._counts["repeated"] += 1
        self._counts["dropped"] += dropped
        if len(self._repeats) < MAX_PROBLEMS:
            self._repeats.append(repeat)

    def nameless(self) -> None:
        """Count a bad row of which no item_id can be read."""
        self._counts["nameless"] += 1

    def state(self) -> dict[str, Any]:
        """Give everything counted so far as JSON."""
        return {
            **self._counts,
            "problems": [[each.line, each.reason] for each in self._problems],
            "repeats": [[each.item_id, each.line, each.earlier] for each in self._repeats],
        }

    def report(self) -> ImportReport:
        """Sum up."""
        return ImportReport(
            landed=self._counts["landed"],
            unchanged=self._counts["unchanged"],
            bad=self._counts["bad"],
            problems=tuple(self._problems),
            repeated=self._counts["repeated"],
            repeats=tuple(self._repeats),
            nameless=self._counts["nameless"],
            unit=self._unit,
            resumed_after=self._resumed_after,
        )
