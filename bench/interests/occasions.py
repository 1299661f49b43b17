"""Moments of real people, split by time: what was known then, and what they chose next.

A visit is what somebody did in one go. On a *return* nothing of it is known yet; *midway* its first
half is. Nothing that happened at that time or later is known of anybody else either.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from bench.interests.recorded import Recorded, Rows, seconds

Point = Literal["return", "midway"]


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which occasions lie, `start` included, `end` not."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """A moment.

    Attributes:
        person: Row of `Recorded.people`.
        now: Seconds since 1970.
        past: Rows of what is known of the person, ascending.
        wanted: Items they went on to choose and had never touched.
        again: All items they went on to choose.
        spurned: Items they went on to choose against, and had never touched.
    """

    person: int
    now: int
    past: Rows
    wanted: frozenset[int]
    again: frozenset[int]
    spurned: frozenset[int]


def occasions(
    recorded: Recorded, point: Point, window: Window, *, least: int, each: int
) -> list[Occasion]:
    """Find the occasions of a window.

    Args:
        recorded: The data.
        point: Where in a visit.
        window: A visit that starts in it counts.
        least: Distinct items a person must have touched before.
        each: Occasions of one person at most, evenly spread over theirs.

    Returns:
        By person, then time; those with nothing wanted are left out.
    """
    found = []
    for person, rows in _by_person(recorded):
        held = [
            occasion
            for visit in _visits(recorded, rows, window)
            if (occasion := _occasion(recorded, person, rows, visit, point)) is not None
            and len(set(recorded.what[occasion.past].tolist())) >= least
            and occasion.wanted
        ]
        found += spread(held, each)
    return found


def spread(held: Sequence[Occasion], most: int) -> list[Occasion]:
    """Take at most so many, evenly spread, the first among them."""
    if len(held) <= most:
        return list(held)
    return [held[place * len(held) // most] for place in range(most)]


def drawn(
    found: Sequence[Occasion], most: int | None, *, without: frozenset[int] = frozenset()
) -> list[Occasion]:
    """Draw people by a hash of their row, the same ones every time.

    Args:
        found: Occasions.
        most: People at most; None: all.
        without: People who are not drawn.
    """
    people = sorted({each.person for each in found} - without, key=_lot)
    chosen = frozenset(people if most is None else people[:most])
    return [each for each in found if each.person in chosen]


def _lot(person: int) -> bytes:
    return hashlib.sha256(str(person).encode()).digest()


def _by_person(recorded: Recorded) -> Iterator[tuple[int, Rows]]:
    order = np.argsort(recorded.who, kind="stable")
    starts = np.flatnonzero(np.diff(recorded.who[order])) + 1
    for rows in np.split(order, starts):
        if len(rows):
            yield int(recorded.who[rows[0]]), rows


def _visits(recorded: Recorded, rows: Rows, window: Window) -> list[Rows]:
    """Split a person's rows into visits that start in the window, in the order of time."""
    held: dict[int, list[int]] = defaultdict(list)
    for row in rows.tolist():
        held[int(recorded.visit[row])].append(row)
    start, end = seconds(window.start), seconds(window.end)
    return [
        np.array(each, dtype=np.int64)
        for each in held.values()
        if start <= recorded.when[each[0]] < end
    ]


def _occasion(
    recorded: Recorded, person: int, rows: Rows, visit: Rows, point: Point
) -> Occasion | None:
    known = len(visit) // 2 if point == "midway" else 0
    if point == "midway" and known == 0:
        return None
    seen, hidden = visit[:known], visit[known:]
    now = int(recorded.when[hidden[0]])
    # Other visits may share the minute: only what came before this one began is past.
    before = rows[recorded.when[rows] < recorded.when[visit[0]]]
    past = np.concatenate([before, seen])
    touched = frozenset(recorded.what[past].tolist())
    liked = [row for row in hidden.tolist() if recorded.likes(row)]
    chosen = frozenset(int(recorded.what[row]) for row in liked)
    against = frozenset(int(recorded.what[row]) for row in hidden.tolist() if recorded.spurns(row))
    return Occasion(person, now, past, chosen - touched, chosen, against - touched)
