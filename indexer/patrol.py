"""The patrol: now and then a page of the index is compared with SQL, and what differs is mended.

A worker that lost its lease may still write old content over new, and be killed before it can say
so; nobody else would notice before the next rebuild.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from indexer.audit import IndexAudit
from indexer.jobs import Jobs

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=30)
"""A page of 5,000 items takes about a tenth of a second of work; a million are compared in 100
minutes."""


class Patrol:
    """Walks round the index, one page after another, for as long as its process owns it.

    Of many processes one patrols: the first by name of those that live. Where two think that they
    are the first for a moment, both look, and mending twice is harmless.
    """

    def __init__(
        self,
        audit: IndexAudit,
        jobs: Jobs,
        engine: str,
        owner: str,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare without looking.

        Args:
            audit: Compares a page.
            jobs: Know who lives.
            engine: Where vectors live.
            owner: Name of this process.
            clock: Gives the time.
        """
        self._audit = audit
        self._jobs = jobs
        self._engine = engine
        self._owner = owner
        self._clock = clock
        self._from: datetime | None = None
        self._above: int | None = None

    def look(self, pause: Callable[[float], object]) -> None:
        """Compare and mend a page when its time has come.

        Args:
            pause: Waits so many seconds.

        Raises:
            StoreUnavailable, DatabaseUnavailable: It is looked at again at the next time.
        """
        now = self._clock()
        due, self._from = self._from, self._from or now + EVERY
        if due is None or now < due:
            return
        self._from = now + EVERY
        if self._jobs.alive(self._engine, now=now)[:1] != [self._owner]:
            return
        found, self._above = self._audit.patrol(self._above, pause=pause)
        if found.found:
            log.warning("index_mended", faults=dict(found.faults), mended=dict(found.mended))
