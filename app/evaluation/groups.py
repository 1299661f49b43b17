"""Groups of items and of people to look for bias by."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from app.evaluation.log import Thing
from app.evaluation.metrics import Flags, Floats
from app.evaluation.splits import Questions

MOST_VALUES = 15
"""Values of a category or an attribute that are groups of their own, the most frequent; the rest
are one."""

DECILES = 10
FIFTHS = 5

PRICE = "price"
NONE, OTHERS = "(none)", "(others)"


def of_items(asked: Questions, by: Sequence[str] = ()) -> Mapping[str, Flags]:
    """Group the catalogue by popularity, by category, and by what was asked for.

    Args:
        asked: `liked` says how popular an item is.
        by: Names of attributes, or "price".

    Returns:
        "popularity: 10" (the most popular tenth; of equal popularity all are in one tenth, the
        lower), "category: Mugs" and so on to shape (items,). An item of several categories is in
        several groups.
    """
    things = asked.train.things
    counts = asked.liked.popularity().astype(np.float64)
    groups = {f"popularity: {n}": flags for n, flags in _parts(counts, DECILES)}
    if any(each.categories for each in things):
        groups |= by_value("category", [each.categories for each in things])
    for name in by:
        if name == PRICE:
            groups |= _prices(things)
        else:
            groups |= by_value(name, [values_of(each.attributes.get(name)) for each in things])
    return groups


def by_value(name: str, values: Sequence[Sequence[str]]) -> Mapping[str, Flags]:
    """Group what has values by them: "NAME: VALUE" to shape (n,)."""
    often = Counter(value for mine in values for value in set(mine))
    order = sorted(often, key=lambda value: (-often[value], value))
    held, rest = order[:MOST_VALUES], frozenset(order[MOST_VALUES:])
    groups = {f"{name}: {each}": _flags(each in mine for mine in values) for each in held}
    groups[f"{name}: {OTHERS}"] = _flags(not rest.isdisjoint(mine) for mine in values)
    groups[f"{name}: {NONE}"] = _flags(not mine for mine in values)
    return {group: flags for group, flags in groups.items() if flags.any()}


def values_of(value: object) -> tuple[str, ...]:
    """Write an attribute's value, or each of a list's, as a name; nothing where there is none."""
    if value is None:
        return ()
    return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)


def _prices(things: Sequence[Thing]) -> Mapping[str, Flags]:
    prices = np.array([np.nan if each.price is None else each.price for each in things])
    known = ~np.isnan(prices)
    groups: dict[str, Flags] = {}
    if known.any():
        for number, inside in _parts(prices[known], FIFTHS):
            flags = np.zeros(prices.size, dtype=bool)
            flags[np.flatnonzero(known)[inside]] = True
            groups[f"{PRICE}: {number}"] = flags
    if not known.all():
        groups[f"{PRICE}: {NONE}"] = ~known
    return groups


def _parts(values: Floats, count: int) -> Iterable[tuple[int, Flags]]:
    """Cut values into so many parts, equal ones together in the lower; empty ones are left out."""
    ends = [each[-1] for each in np.array_split(np.sort(values), count) if each.size]
    part = np.searchsorted(ends[:-1], values, side="left") + 1
    for number in range(1, len(ends) + 1):
        if (part == number).any():
            yield number, part == number


def _flags(marks: Iterable[bool]) -> Flags:
    return np.fromiter(marks, dtype=bool)
