"""A shop in which what comes next is known: items in a ring, and people who walk along it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from embedders.behaviour_training import learn
from embedders.learning import TrainingSettings
from embedders.options import EmbedderOptions
from embedders.sequences import sequences
from indexer.database import Database
from indexer.items import Item
from indexer.lessons import Lesson
from indexer.memory import MemoryStore
from indexer.teaching import TeachingSettings
from indexer.timetable import Pace
from tests.indexer.house import House

RING = 20
STEPS = 6
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

SMALL = TeachingSettings(
    TrainingSettings(dimensions=12, batch=64, rate=0.05, passes=8, latest=0.2),
    EmbedderOptions(device="cpu", threads=1),
    learn,
)
"""Learns in this process, in a tenth of a second."""


@dataclass
class Walks:
    """What people did: one person each tenth of a day going on from some item to the next ones.

    Attributes:
        people: How many have come so far.
        backwards: From which person on they walk the other way round.
        gone: How many of them are deleted, the first ones.
        keys: Of the items, once they are written.
        asked: Moments since which interactions were counted.
    """

    people: int = 0
    backwards: int = 1_000_000
    gone: int = 0
    keys: tuple[int, ...] = ()
    asked: list[datetime | None] = field(default_factory=list)

    def read(self, progress: Callable[[str, int, int], None]) -> Lesson:
        progress("reading", 0, self.people * STEPS)
        random = np.random.default_rng(0)
        firsts = random.integers(RING, size=self.people)
        ways = np.where(np.arange(self.people) < self.backwards, 1, -1)
        steps = np.arange(STEPS)
        items = ((firsts[:, None] + ways[:, None] * steps) % RING).ravel()
        days = np.arange(self.people)[:, None] / 10 + steps / 1_000
        held = sequences(
            np.repeat(np.arange(self.people), STEPS),
            items.astype(np.int64),
            np.ones(items.size, dtype=np.float32),
            days.ravel(),
            count=self.people,
        )
        until = BEGAN + timedelta(days=float(days.max())) if self.people else None
        return Lesson(held, self.keys, items.size, {"repeats": 3}, until)

    def since(self, moment: datetime | None) -> int:
        self.asked.append(moment)
        if moment is None:
            return (self.people - self.gone) * STEPS
        before = int((moment - BEGAN) / timedelta(days=0.1)) + 1
        return max(self.people - before, 0) * STEPS


def walked(
    database: Database,
    people: int = 60,
    *,
    teaching: TeachingSettings = SMALL,
    pace: Pace | None = None,
) -> tuple[House, Walks]:
    """Make a house with the ring of items, indexed, and so many people who walked along it."""
    walks = Walks(people)
    house = House(database, MemoryStore(), lessons=walks, teaching=teaching, pace=pace).ready()
    house.put(*(Item(f"item-{n}", title=f"thing {n}") for n in range(RING)))
    house.work()
    walks.keys = tuple(house.key(f"item-{n}") for n in range(RING))
    return house, walks
