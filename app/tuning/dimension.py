"""One number that is looked for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.values import UNITS

Values = Mapping[str, float]
"""Name of a dimension to its value."""

DIGITS = 2
"""Significant digits (where small steps matter) or decimals that are tried: more would not be told
from chance by any data, and could not be read."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A number that is looked for between bounds.

    Attributes:
        name: A setting's, or a part of one behind a point: "interests", "kind_weights.view".
        low, high: Bounds, the default within them.
        default: What holds now.
        log: Whether steps are shares, as of half-lives; low is above 0 then.
        whole: Whether only whole numbers are tried.
        duration: Whether it is a time, in seconds.
    """

    name: str
    low: float
    high: float
    default: float
    log: bool = False
    whole: bool = False
    duration: bool = False

    def value(self, drawn: float) -> float:
        """Round what was drawn to what can be written; the default, whatever it is, stays."""
        if math.isclose(drawn, self.default, rel_tol=1e-9, abs_tol=1e-12):
            return self.default
        if self.whole:
            rounded = float(round(drawn))
        elif self.duration:
            unit = _unit(drawn)
            rounded = _significant(drawn / unit) * unit
        else:
            rounded = _significant(drawn) if self.log else round(drawn, DIGITS)
        return min(max(rounded, self.low), self.high)

    def text(self, value: float) -> str:
        """Write a value as settings and requests take it."""
        return duration_text(value) if self.duration else number_text(value)


def number_text(value: float) -> str:
    """Write a number without digits nobody gave."""
    return f"{value:.10g}"


def duration_text(seconds: float) -> str:
    """Write a duration in the largest unit it has at least two of."""
    unit = _unit(seconds)
    name = next(name for name, length in UNITS.items() if length == timedelta(seconds=unit))
    return f"{seconds / unit:.10g}{name}"


def _unit(seconds: float) -> float:
    """Seconds of the largest unit of which there are two or more; a second for what is shorter."""
    lengths = [length.total_seconds() for length in UNITS.values()]
    fitting = [each for each in lengths if each >= 1 and seconds >= 2 * each]
    return max(fitting, default=1.0)


def _significant(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
