"""People made up over the Fashion Product Images (Small), which has no interactions.

Each has bought a few things of two or three article types, and then buys more of the same types.
They say nothing of how people choose; they show whether a list serves all that somebody is after.
"""

import csv
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.interests.recorded import Goods, Recorded, seconds

ITEMS = 4_000
"""Items read, the first of the file."""

PEOPLE = 300

COMMON = 20
"""Items a type must have to be somebody's."""

AHEAD = 3
"""Items of each of their types that somebody goes on to buy."""

BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
COMES_BACK = timedelta(days=30)


def read(folder: Path) -> Recorded:
    """Read items, and make people up, the same ones every time."""
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(ITEMS), strict=False)]
    items = tuple(
        Goods(each["id"], each["productDisplayName"], (each["articleType"],)) for each in rows
    )
    by_type: dict[str, list[int]] = defaultdict(list)
    for row, each in enumerate(items):
        by_type[each.categories[0]].append(row)
    common = [by_type[name] for name in sorted(by_type) if len(by_type[name]) >= COMMON]
    dice = np.random.default_rng(0)
    events = [event for person in range(PEOPLE) for event in _events(person, common, dice)]
    events.sort(key=lambda each: each[0])
    when, who, what, visit = (
        np.array([each[column] for each in events], dtype=np.int64) for column in range(4)
    )
    return Recorded(
        "fashion (synthetic people)",
        "Fashion Product Images (Small), MIT, with people made up: two or three article types each",
        items,
        tuple(map(str, range(PEOPLE))),
        "purchase",
        who,
        what,
        when,
        np.full(len(when), np.nan),
        visit,
        None,
        "its article type",
    )


def _events(
    person: int, common: Sequence[Sequence[int]], dice: np.random.Generator
) -> list[tuple[int, int, int, int]]:
    """Make one person up: time, person, item and visit of all they do."""
    first: list[int] = []
    second: list[int] = []
    types = min(int(dice.integers(2, 4)), len(common))
    for place in dice.choice(len(common), size=types, replace=False).tolist():
        size = int(dice.integers(2, 6)) + AHEAD
        chosen = dice.choice(common[place], size=size, replace=False).tolist()
        first += chosen[AHEAD:]
        second += chosen[:AHEAD]
    begins, back = seconds(BEGINS), seconds(BEGINS + COMES_BACK)
    times = begins + dice.integers(0, 20 * 86_400, size=len(first))
    before = [
        (time, person, item, 2 * person) for time, item in zip(times.tolist(), first, strict=True)
    ]
    return before + [(back, person, item, 2 * person + 1) for item in second]
