"""Small data sets of interactions, whose answers are known by construction."""

from datetime import UTC, datetime, timedelta

import numpy as np

from bench.interests.recorded import Goods, Recorded, seconds

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)

Event = tuple[float, str, str, int]
"""Day, person, item, visit."""


def recorded(
    events: list[Event],
    *,
    kind: str = "purchase",
    stars: list[float] | None = None,
    lapse: timedelta | None = None,
) -> Recorded:
    """Record events; items and people are named by their first appearance in the alphabet."""
    order = sorted(range(len(events)), key=lambda place: events[place][0])
    people = sorted({person for _, person, _, _ in events})
    items = sorted({item for _, _, item, _ in events})
    held = [events[place] for place in order]
    value = [float("nan")] * len(events) if stars is None else [stars[place] for place in order]
    return Recorded(
        "made up",
        "made up",
        tuple(Goods(item, item.title(), (item[0],)) for item in items),
        tuple(people),
        kind,
        np.array([people.index(person) for _, person, _, _ in held]),
        np.array([items.index(item) for _, _, item, _ in held]),
        np.array([seconds(BEGIN + timedelta(days=day)) for day, _, _, _ in held]),
        np.array(value),
        np.array([visit for _, _, _, visit in held]),
        lapse,
        "its first letter",
    )
