"""Keeping what other processes may change as it is there, in a thread of its own."""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog

from indexer.errors import IndexerError
from indexer.patience import patience

log = structlog.get_logger(__name__)


class Follower:
    """Looks at once and then at intervals; a reason why it cannot is logged once, not each time.

    Args:
        what: Is followed, for the log.
        look: Looks; what it raises as an IndexerError is tried again.
        every: How often.
        at_most: How long a look may wait for SQL.
        stopping: Set when it is to end.
    """

    def __init__(
        self,
        what: str,
        look: Callable[[], object],
        *,
        every: timedelta,
        at_most: timedelta,
        stopping: threading.Event,
    ) -> None:
        self._what = what
        self._look = look
        self._every = every
        self._at_most = at_most
        self._stopping = stopping

    def run(self) -> None:
        """Look until it is to end."""
        problem: str | None = None
        while not self._stopping.is_set():
            try:
                with patience(self._at_most):
                    self._look()
                problem = None
            except IndexerError as error:
                if str(error) != problem:
                    problem = str(error)
                    log.warning("not_followed", what=self._what, reason=problem)
            self._stopping.wait(self._every.total_seconds())
