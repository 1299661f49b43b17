"""What a soak found, as JSON and as text."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.soak.ledger import Difference
from bench.soak.tape import Route

FLAT = 1.15
"""Times as much memory at the end as at the start of the quiet part that still counts as flat."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a soak found.

    Attributes:
        machine: Where.
        engine: "lite", or "server" with PostgreSQL.
        seconds: How long traffic lasted.
        acknowledged: Items and interactions.
        faults: In words, to how often and how many seconds together.
        routes: Requests that were answered as they should be.
        errors: "route: why" to how often, of what no fault explains.
        refusals: Likewise, while a fault lasted.
        items, interactions: How records differ from what was acknowledged.
        audit: What `kindred doctor --audit` said, empty if nothing is wrong.
        memory: MB of the serving process: "start" and "end" of the quiet part, and "most".
    """

    machine: str
    engine: str
    seconds: float
    acknowledged: Mapping[str, int]
    faults: Mapping[str, tuple[int, float]]
    routes: Sequence[Route]
    errors: Mapping[str, int]
    refusals: Mapping[str, int]
    items: Difference
    interactions: Difference
    audit: Sequence[str]
    memory: Mapping[str, float]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong: nothing lost, doubled or failed without a fault, and flat."""
        grown = self.memory["end"] / self.memory["start"]
        return not (
            self.items.wrong
            or self.interactions.wrong
            or self.audit
            or self.errors
            or (not math.isnan(grown) and grown > FLAT)
        )

    def as_json(self) -> dict[str, Any]:
        """Write it down."""
        return {**dataclasses.asdict(self), "sound": self.sound}

    def lines(self) -> list[str]:
        """Tell it."""
        told = [self.machine, f"{self.engine}, {self.seconds:.0f} s of traffic", ""]
        told += [f"{'requests':>9} {'p50 ms':>8} {'p99 ms':>8}  route"]
        told += [
            f"{each.requests:>9,} {1e3 * each.median:>8.1f} {1e3 * each.p99:>8.1f}  {each.name}"
            for each in self.routes
        ]
        told += ["", "faults"]
        told += [f"  {n} times, {s:.0f} s in all: {what}" for what, (n, s) in self.faults.items()]
        told += ["", "failed while a fault lasted, and sent again where it was a write"]
        told += [f"  {number:>6,} {what}" for what, number in self.refusals.items()] or ["  none"]
        told += ["", "failed without a fault"]
        told += [f"  {number:>6,} {what}" for what, number in self.errors.items()] or ["  none"]
        told += [""]
        for what, found in (("items", self.items), ("interactions", self.interactions)):
            told.append(
                f"{self.acknowledged[what]:,} {what} acknowledged: {found.lost} lost, "
                f"{found.outdated} outdated, {found.undead} undead, {found.duplicated} duplicated"
            )
        told += ["audit: " + ("; ".join(self.audit) or "nothing wrong")]
        held = self.memory
        told += [
            f"memory of the serving process: {held['start']:.0f} MB at the start of the quiet "
            f"part, {held['end']:.0f} MB at its end, {held['most']:.0f} MB at most"
        ]
        return [*told, "", "sound" if self.sound else "NOT SOUND"]
