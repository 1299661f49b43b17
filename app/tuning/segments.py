"""Groups of people that a rule of a scenario can tell apart by how much they did."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from app.api.rules import INTERACTIONS_FIELD
from app.evaluation.metrics import Flags
from app.evaluation.segments import PEOPLE
from app.evaluation.splits import Questions

BOUNDS: Mapping[str, tuple[int, float]] = {
    name: PEOPLE[f"people: {name}"] for name in ("newcomers", "casual", "heavy")
}
"""Name to fewest and most interactions, as in the segments of an evaluation; there only those in
favour of items count, here all, as a service counts them."""


def members(asked: Questions, name: str) -> Flags:
    """Tell who of the people asked for is in a segment, by what was learned from: shape (n,)."""
    low, high = BOUNDS[name]
    done = np.bincount(asked.train.person, minlength=len(asked.train.people))[asked.people]
    return np.asarray((done >= low) & (done <= high))


def rule(name: str) -> dict[str, Any]:
    """Write the rule that holds for a segment, as a scenario's `when`."""
    low, high = BOUNDS[name]
    bounds: dict[str, Any] = {"field": INTERACTIONS_FIELD}
    if low > 0:
        bounds["gte"] = low
    if math.isfinite(high):
        bounds["lte"] = int(high)
    return bounds
