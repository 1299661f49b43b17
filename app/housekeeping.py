"""What has to be done now and then, one after the other, in a thread of its own."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from indexer.errors import IndexerError

log = structlog.get_logger(__name__)

Chore = Callable[[datetime], object]
"""Done at a time it is given; what it raises as an IndexerError is logged, and tried again."""


class Housekeeper:
    """Does chores at once and then at intervals; one that fails hinders none of the others.

    Args:
        chores: By what they are called in the log, in their order.
        every: How often.
        clock: Gives the time, with an offset.
        stopping: Set when it is to end.
    """

    def __init__(
        self,
        chores: Mapping[str, Chore],
        *,
        every: timedelta,
        clock: Callable[[], datetime],
        stopping: threading.Event,
    ) -> None:
        self._chores = chores
        self._every = every
        self._clock = clock
        self._stopping = stopping

    def run(self) -> None:
        """Do chores until it is to end."""
        while not self._stopping.is_set():
            for name, chore in self._chores.items():
                if self._stopping.is_set():
                    break
                try:
                    chore(self._clock())
                except IndexerError as error:
                    log.warning("not_tidied", what=name, reason=str(error))
            self._stopping.wait(self._every.total_seconds())
