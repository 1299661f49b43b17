"""When what people did is worth learning from again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from indexer.generation import Generation
from indexer.generations import Generations
from indexer.jobs import Job, Jobs
from indexer.lessons import Lessons
from indexer.tables import EPOCH

LOOK_EVERY = timedelta(minutes=1)
"""How often interactions are counted, which takes SQLite some 10 ms a million."""

SOONER_AFTER = timedelta(minutes=10)
"""Between trainings of a shop whose interactions double: while it moves in, say."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to learn.

    Attributes:
        every: Time between trainings; 0 for never.
        least: Interactions there must be.
        growth: Share of what there was that must be new.
        sooner: New share at which `every` is not waited for: what was learned is then of another
            shop.
    """

    every: timedelta = timedelta(days=1)
    least: int = 1_000
    growth: float = 0.05
    sooner: float = 1.0


class Timetable:
    """Asks for trainings when they are due."""

    def __init__(
        self,
        lessons: Lessons,
        generations: Generations,
        jobs: Jobs,
        engine: str,
        pace: Pace,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._lessons = lessons
        self._generations = generations
        self._jobs = jobs
        self._engine = engine
        self._pace = pace
        self._clock = clock
        self._look_from = EPOCH

    def look(self) -> None:
        """Ask for a training if one is due and no job waits or runs."""
        now = self._clock()
        if self._pace.every <= timedelta(0) or now < self._look_from or self._jobs.unfinished():
            return
        self._look_from = now + LOOK_EVERY
        live = self._generations.live(self._engine)
        if live is not None and self._due(live, now):
            request_training(self._jobs, force=False, now=now)

    def _due(self, live: Generation, now: datetime) -> bool:
        last = self._jobs.last("train")
        waited = None if last is None else now - (last.finished_at or last.requested_at)
        failed = last is not None and last.state == "failed"
        if waited is not None and waited < (self._pace.every if failed else SOONER_AFTER):
            return False
        there = self._lessons.since(None)
        if there < self._pace.least:
            return False
        fresh = self._fresh(live, there)
        if waited is None or waited >= self._pace.every:
            return fresh >= self._pace.growth
        return fresh >= self._pace.sooner

    def _fresh(self, live: Generation, there: int) -> float:
        """Return what is new since the live generation was trained, as a share of what was then."""
        known = (live.report or {}).get("training")
        read = known.get("read") if isinstance(known, dict) else None
        if live.training is None or not isinstance(read, int) or read < 1:
            return 1.0
        # Where old interactions are deleted as new ones come, their number alone says nothing.
        return max(there - read, self._lessons.since(live.trained_until)) / read


def request_training(jobs: Jobs, *, force: bool, now: datetime) -> Job:
    """Ask for a training; one that is waiting or running is returned instead.

    Args:
        jobs: In SQL.
        force: Whether to use what is learned even if it is worse than what there is.
        now: The time.
    """
    asked = {"training": f"behaviour:{uuid4().hex}", "force": force}
    return jobs.request("train", asked, now=now, apart_from=("training",))
