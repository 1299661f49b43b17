"""What is left out before learning: repeats, machines, and people and items with too little.

Rules are applied in this order, each to what the ones before left:

    repeats      the same person did the same with the same item a moment before: a double click, a
                 retried request
    instants     more at one moment than anybody puts into one order or one upload
    machines     people who are mostly bursts, act all day long, or keep time like a clock
    bursts       more different moments within a minute than a hand can make
    rare items   touched by too few people to say anything of what goes with what
    short pasts  people with too few different items to have a next one

One order or upload has one moment, however many lines it has, so baskets are no bursts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.behaviour.log import SECONDS, Log, Mask, Numbers


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds of cleaning.

    Attributes:
        repeat_seconds: The same again within so long says nothing new.
        instant_most: Interactions at one moment, at most; wholesale orders have had 550 lines.
        burst_seconds: Length of a burst.
        burst_moments: Different moments within it, at most. One a second for a minute is faster
            than the fastest raters of films, who click through a list that is made for it.
        day_moments: Different moments within 24 hours, at most: one every 17 seconds, all day.
        machine_share: People of whom more than this share of interactions lies in bursts are left
            out altogether.
        clock_moments: Moments a person needs before their rhythm is judged.
        clock_spread: Standard deviation of the gaps between moments over their mean, at least.
            People's gaps spread more than their mean (above 1); a timer's hardly at all.
        item_people: People an item needs. Below that its content says more than they do.
        person_items: Different items a person needs: one to know, and one that comes next.
    """

    repeat_seconds: float = 10.0
    instant_most: int = 1_000
    burst_seconds: float = 60.0
    burst_moments: int = 60
    day_moments: int = 5_000
    machine_share: float = 0.5
    clock_moments: int = 50
    clock_spread: float = 0.1
    item_people: int = 2
    person_items: int = 2


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is left, and what was left out.

    Attributes:
        log: By person, oldest first; rows of one moment keep their order.
        dropped: Rule to interactions it took, 0 included.
    """

    log: Log
    dropped: Mapping[str, int]


def clean(log: Log, rules: Rules) -> Cleaned:
    """Apply every rule once, in order; people and items keep their numbers."""
    left = log.kept(np.lexsort((np.arange(len(log)), log.days, log.people)))
    steps: tuple[tuple[str, Callable[[Log, Rules], Mask]], ...] = (
        ("repeats", repeats),
        ("instants", instants),
        ("machines", machines),
        ("bursts", bursts),
        ("rare items", rare_items),
        ("short pasts", short_pasts),
    )
    dropped: dict[str, int] = {}
    for name, find in steps:
        found = find(left, rules)
        dropped[name] = int(found.sum())
        left = left.kept(~found)
    return Cleaned(left, dropped)


def repeats(log: Log, rules: Rules) -> Mask:
    """Find rows that follow an equal one too soon; the log is by person, oldest first."""
    order = np.lexsort((np.arange(len(log)), log.days, log.kinds, log.items, log.people))
    there = log.kept(order)
    again = np.zeros(len(log), dtype=np.bool_)
    again[1:] = (
        _same(there.people)
        & _same(there.items)
        & _same(there.kinds)
        & (np.diff(there.days) * SECONDS <= rules.repeat_seconds)
    )
    found = np.empty_like(again)
    found[order] = again
    return found


def instants(log: Log, rules: Rules) -> Mask:
    """Find rows of moments with too many; the log is by person, oldest first."""
    moments = _moments(log)
    found: Mask = (np.bincount(moments) > rules.instant_most)[moments]
    return found


def bursts(log: Log, rules: Rules) -> Mask:
    """Find rows of moments that come too fast; the log is by person, oldest first."""
    return _crowded(log, rules.burst_moments, rules.burst_seconds)


def machines(log: Log, rules: Rules) -> Mask:
    """Find rows of people who are no people; the log is by person, oldest first."""
    found = np.zeros(len(log), dtype=np.bool_)
    for machine in suspicions(log, rules).values():
        found |= machine[log.people]
    return found


def suspicions(log: Log, rules: Rules) -> dict[str, Mask]:
    """Find people who are no people, by each rule that says so.

    Args:
        log: By person, oldest first.
        rules: The thresholds.

    Returns:
        "mostly bursts", "all day" and "clockwork" to a mask over the numbers of people, as far as
        the largest.
    """
    count = int(log.people[-1]) + 1 if len(log) else 0
    rows = np.bincount(log.people, minlength=count)
    fast = np.bincount(log.people, bursts(log, rules), minlength=count)
    tireless = np.bincount(log.people, _crowded(log, rules.day_moments, SECONDS), minlength=count)
    return {
        "mostly bursts": fast > rules.machine_share * rows,
        "all day": tireless > 0,
        "clockwork": _clockwork(log, count, rules),
    }


def rare_items(log: Log, rules: Rules) -> Mask:
    """Find rows of items that too few people touched."""
    return _counted(log.items, log.people) < rules.item_people


def short_pasts(log: Log, rules: Rules) -> Mask:
    """Find rows of people who touched too few items."""
    return _counted(log.people, log.items) < rules.person_items


def _same(column: Numbers) -> Mask:
    """Say of each row but the first whether it is as the one before."""
    alike: Mask = column[1:] == column[:-1]
    return alike


def _moments(log: Log) -> Numbers:
    """Number the different moments of all people, in order: shape (n,)."""
    new = np.zeros(len(log), dtype=np.int64)
    new[1:] = ~(_same(log.people) & (np.diff(log.days) == 0))
    return np.cumsum(new)


def _crowded(log: Log, most: int, seconds: float) -> Mask:
    """Find rows in a stretch of more than `most` different moments within so many seconds."""
    moments = _moments(log)
    _, first = np.unique(moments, return_index=True)
    people, days = log.people[first], log.days[first]
    if len(first) <= most:
        return np.zeros(len(log), dtype=np.bool_)
    stretch = (people[most:] == people[:-most]) & ((days[most:] - days[:-most]) * SECONDS < seconds)
    opened = np.zeros(len(first) + 1, dtype=np.int64)
    begins = np.flatnonzero(stretch)
    opened[begins] += 1
    opened[begins + most + 1] -= 1
    found: Mask = (np.cumsum(opened[:-1]) > 0)[moments]
    return found


def _clockwork(log: Log, count: int, rules: Rules) -> Mask:
    """Find people whose gaps between moments are all about the same: shape (count,)."""
    moments = _moments(log)
    _, first = np.unique(moments, return_index=True)
    people = log.people[first]
    within = _same(people)
    owner = people[1:][within]
    gaps: NDArray[np.float64] = np.diff(log.days[first])[within]
    number = np.bincount(owner, minlength=count)
    mean = np.bincount(owner, gaps, minlength=count) / np.maximum(number, 1)
    variance = np.bincount(owner, (gaps - mean[owner]) ** 2, minlength=count)
    spread = np.sqrt(variance / np.maximum(number, 1))
    regular: Mask = (number >= rules.clock_moments) & (spread < rules.clock_spread * mean)
    return regular


def _counted(groups: Numbers, members: Numbers) -> Numbers:
    """Count the different members of each row's group: shape (n,)."""
    if len(groups) == 0:
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((members, groups))
    new = np.ones(len(groups), dtype=np.bool_)
    new[1:] = ~(_same(groups[order]) & _same(members[order]))
    return np.bincount(groups[order][new])[groups]
