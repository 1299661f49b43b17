"""Groups of people that a rule of a scenario can tell apart by how much they did."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.api.rules import INTERACTIONS_FIELD
from app.evaluation.metrics import Flags
from app.evaluation.splits import Questions

BOUNDS: Mapping[str, tuple[int, int | None]] = {
    "newcomers": (0, 5),
    "casual": (6, 50),
    "heavy": (51, None),
}
"""Name to fewest and most interactions, as in the segments of an evaluation; there only those in
favour of items count, here all, as a service counts them."""


def members(asked: Questions, name: str) -> Flags:
    """Tell who of the people asked for is in a segment, by what was learned from: shape (n,)."""
    low, high = BOUNDS[name]
    done = np.bincount(asked.train.person, minlength=len(asked.train.people))[asked.people]
    inside = done >= low
    return np.asarray(inside if high is None else inside & (done <= high))


def rule(name: str) -> dict[str, Any]:
    """Write the rule that holds for a segment, as a scenario's `when`."""
    low, high = BOUNDS[name]
    bounds: dict[str, Any] = {"field": INTERACTIONS_FIELD}
    if low > 0:
        bounds["gte"] = low
    if high is not None:
        bounds["lte"] = high
    return bounds
