"""Keeps what goes together counted, beside everything else a worker does."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from app.together.errors import CountLost
from app.together.pairs import Pairs
from app.together.reading import Reader
from app.together.refresh import Report, refresh
from app.together.settings import TogetherSettings
from indexer.database import Database
from indexer.errors import IndexerError
from indexer.tables import EPOCH
from indexer.throttle import Throttle

log = structlog.get_logger(__name__)

LOOK = timedelta(minutes=1)
"""How often it is looked whether it is time to count; also how long after the start at first."""

SOONER = timedelta(minutes=10)
"""Age at which a count is too old while a shop moves in: when there are GROWN times as many
interactions as it read. Interactions are counted no oftener."""

GROWN = 2


class Stopped(Exception):
    """The process ends; what was counted so far is swept away with the next count."""


class Keeper:
    """Counts anew whenever the last count, by whichever process, is too old.

    What goes together is counted from interactions alone, so it has nothing to wait for in what is
    learned from them, and goes by a timetable of its own.

    Args:
        database: With the interactions.
        settings: What is counted.
        owner: Name of this process.
        every: Age at which a count is too old, unless it is SOONER; 0 counts never.
        stopping: Ends `run`, and a count in hand within a second or so.
        clock: Gives the time.
        tell: Told of every count: its report, or None where it failed.
        throttle: Makes what paces a count.
    """

    def __init__(
        self,
        database: Database,
        settings: TogetherSettings,
        owner: str,
        *,
        every: timedelta,
        stopping: threading.Event,
        clock: Callable[[], datetime],
        tell: Callable[[Report | None], None] = lambda *_: None,
        throttle: Callable[[], Throttle] = Throttle,
    ) -> None:
        self._database = database
        self._settings = settings
        self._owner = owner
        self._every = every
        self._stopping = stopping
        self._clock = clock
        self._tell = tell
        self._throttle = throttle
        self._grown_from = EPOCH

    def run(self) -> None:
        """Count when it is time, until stopped."""
        if not self._every:
            return
        while not self._stopping.wait(LOOK.total_seconds()):
            self.run_once()

    def run_once(self) -> None:
        """Count if it is time; what goes wrong is logged and tried again at the next look."""
        try:
            report = refresh(
                self._database,
                self._settings,
                owner=self._owner,
                clock=self._clock,
                unless_within=self._within(),
                progress=self._go_on,
                throttle=self._throttle,
            )
        except Stopped:
            log.info("together_interrupted")
        except CountLost as error:
            log.warning("together_lost", reason=str(error))
        except IndexerError as error:
            log.warning("together_not_counted", reason=str(error))
            self._tell(None)
        except Exception:
            # A bug in counting must not end the thread for good.
            log.exception("together_failed")
            self._tell(None)
        else:
            if report is not None:
                log.info(
                    "together_counted",
                    interactions=report.interactions,
                    people=report.people,
                    pairs=dict(report.pairs),
                )
                self._tell(report)

    def _within(self) -> timedelta:
        """Return the age at which a count is too old now."""
        now = self._clock()
        if now < self._grown_from:
            return self._every
        self._grown_from = now + SOONER
        before = Pairs(self._database).read_by_it()
        if before is None:
            return self._every
        there = Reader(self._database, self._settings.evidence).count()
        return min(self._every, SOONER) if there >= GROWN * max(before, 1) else self._every

    def _go_on(self, phase: str, done: int, total: int) -> None:
        del phase, done, total
        if self._stopping.is_set():
            raise Stopped
