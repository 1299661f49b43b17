"""The segments of recency, frequency and money, by what was learned from."""

import numpy as np

from app.evaluation.log import Log
from app.evaluation.metrics import Floats, Ints
from app.people.activity import PURCHASE
from app.people.segments import FIFTHS, Edges, Quintiles, edges, scores


def segments(train: Log, people: Ints) -> tuple[str | None, ...]:
    """Tell the segment of each person.

    Args:
        train: What was learned from; everybody in it is ranked.
        people: Shape (n,), person numbers.

    Returns:
        "rfm:champions" and so on; None of whom nothing is known, and of all while there are fewer
        people than `app.people.segments.LEAST_PEOPLE`.
    """
    count = len(train.people)
    frequency = np.bincount(train.person, minlength=count)
    latest = np.full(count, -np.inf)
    np.maximum.at(latest, train.person, train.when)
    spent = np.bincount(train.person, _spent(train), minlength=count)
    active = np.flatnonzero(frequency)
    spread = Quintiles(active.size)
    if active.size >= FIFTHS:
        measures = np.stack([latest, frequency, spent])[:, active]
        fifths = (_edges(each) for each in measures)
        spread = Quintiles(active.size, *fifths)
    found: list[str | None] = []
    for person in people.tolist():
        scored = scores(
            recency=float(latest[person]),
            frequency=float(frequency[person]),
            monetary=float(spent[person]),
            quintiles=spread,
        )
        found.append(None if scored is None or not frequency[person] else scored.segment)
    return tuple(found)


def _spent(train: Log) -> Floats:
    """Return shape (n,): what each interaction came to, 0 where nothing was bought."""
    if PURCHASE not in train.kinds:
        return np.zeros(len(train))
    prices = np.array([each.price or 0.0 for each in train.things])
    quantities = np.where(np.isnan(train.value), 1.0, train.value)
    bought = train.kind == train.kinds.index(PURCHASE)
    return np.asarray(np.where(bought, prices[train.item] * quantities, 0.0))


def _edges(values: Floats) -> Edges:
    # As SQL's ntile: the first parts have one more where they cannot be equal.
    parts = np.array_split(np.sort(values), FIFTHS)
    return edges(float(parts[0][0]), [float(each[-1]) for each in parts])
