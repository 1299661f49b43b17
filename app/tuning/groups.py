"""Who is tuned for together: everybody, or each segment with enough people."""

from dataclasses import dataclass

import numpy as np

from app.evaluation.metrics import Ints
from app.evaluation.splits import Questions
from app.tuning.errors import NothingToTune
from app.tuning.outcome import EVERYBODY, Skipped
from app.tuning.panel import Panel
from app.tuning.segments import BOUNDS, members

LEAST_PEOPLE = 25
"""Fewer tell nothing from chance, not even with a great difference."""


@dataclass(frozen=True, slots=True)
class Group:
    """People who get settings of their own.

    Attributes:
        name: Of their segment, or `EVERYBODY`.
        validation: Those by whom what is tried is judged.
        test: And in the end what was found.
    """

    name: str
    validation: Panel
    test: Panel


def groups_of(
    validation: Questions, test: Questions, *, segments: bool, k: int, seed: int
) -> tuple[list[Group], list[Skipped]]:
    """Say who is tuned for together.

    Args:
        validation: Who is asked while trying.
        test: Who is asked at the end.
        segments: Whether each segment is a group; otherwise everybody is one.
        k: Places that are looked at.
        seed: Of the order in which people are asked.

    Returns:
        The groups, and the segments with fewer than LEAST_PEOPLE.

    Raises:
        NothingToTune: Nowhere are enough people.
    """
    names = tuple(BOUNDS) if segments else (EVERYBODY,)
    groups: list[Group] = []
    skipped: list[Skipped] = []
    for name in names:
        parts = [
            asked if name == EVERYBODY else asked.some(_places(asked, name))
            for asked in (validation, test)
        ]
        if min(map(len, parts)) < LEAST_PEOPLE:
            skipped.append(Skipped(name, len(parts[0]), len(parts[1])))
            continue
        groups.append(Group(name, *(Panel.of(each, k, seed=seed) for each in parts)))
    if not groups:
        told = "; ".join(f"{s.name} {s.validation:,} and {s.test:,}" for s in skipped)
        raise NothingToTune(
            f"too few people are left to try by, or to test with: {told}, and each must be at "
            f"least {LEAST_PEOPLE}; ask for more people, or hold back more"
        )
    return groups, skipped


def _places(asked: Questions, name: str) -> Ints:
    return np.flatnonzero(members(asked, name)).astype(np.int64)
