"""From what people did to who had what at once, person by person."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from app.behaviour.baskets import baskets
from app.behaviour.cleaning import clean
from app.behaviour.visits import Marks, Visits, joined, visits
from app.together.reading import Part, Reader
from app.together.settings import ANY, TogetherSettings

LEFT_OUT = ("repeats", "instants", "machines", "bursts")
"""Rules of cleaning that look at one person at a time."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everybody's visits.

    Attributes:
        visits: Marked with the sorts of baskets, in the order of the settings' kinds.
        item_keys: Of each number of an item.
        read: Interactions read.
        people: Who did anything.
        dropped: Rule of cleaning to interactions it took.
    """

    visits: Visits
    item_keys: tuple[int, ...]
    read: int
    people: int
    dropped: Mapping[str, int]


def gather(
    reader: Reader, settings: TogetherSettings, *, step: Callable[[int], None] = lambda *_: None
) -> Gathered:
    """Read everything once, keeping 14 bytes of each item in a basket.

    Args:
        reader: Not used before.
        settings: What is in a basket.
        step: Told how many interactions were read, after each part; what it raises passes.
    """
    parts: list[Visits] = []
    dropped: Counter[str] = Counter(dict.fromkeys(LEFT_OUT, 0))
    read = people = begun = 0
    for part in reader.parts():
        found = _visits(part, reader, settings, dropped, people=people, baskets_before=begun)
        parts.append(found)
        begun = int(found.baskets[-1]) + 1 if len(found) else begun
        people += part.people
        read += part.read
        step(read)
    return Gathered(joined(parts), tuple(reader.items.given), read, people, dict(dropped))


def _visits(
    part: Part,
    reader: Reader,
    settings: TogetherSettings,
    dropped: Counter[str],
    *,
    people: int,
    baskets_before: int,
) -> Visits:
    """Clean a part and cut it into visits; people and baskets are numbered on."""
    cleaned = clean(part.log, settings.cleaning)
    dropped.update({name: cleaned.dropped[name] for name in LEFT_OUT})
    dropped["machines"] += part.tireless
    log = cleaned.log
    numbers = baskets(log, gap=settings.gap) + baskets_before
    marks = _marks(tuple(reader.kinds.given), settings.kinds)[log.kinds]
    kept = (log.weights > 0) & (marks != 0)
    return visits(log.people[kept] + people, numbers[kept], log.items[kept], marks[kept])


def _marks(known: tuple[str, ...], kinds: tuple[str, ...]) -> Marks:
    """Say of each known kind into which sorts of baskets it goes, one bit a sort."""
    return np.array(
        [sum(1 << bit for bit, kind in enumerate(kinds) if kind in {ANY, name}) for name in known],
        dtype=np.uint16,
    )
