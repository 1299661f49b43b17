"""Every part of the audit in turn, over the parts of a Kindred that may be running."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import select

from app.interactions.counts import Popularity
from app.interactions.recount import Recount
from app.people.names import FACT, keyed
from app.ranking import recommend_settings
from app.settings import Settings
from app.together.strays import audit_pairs
from indexer.audit import NAME
from indexer.bookkeeping import Bookkeeping
from indexer.database import Database
from indexer.faults import Check, Fault
from indexer.tables import facts
from indexer.upkeep import Upkeep

MOMENT_SECONDS = 2.0
"""How long what may be moving is left to move before it is looked at again."""

SHOWN_OF_HASH = 12
"""Hexadecimal digits by which a person is told from others, as in the log of recommendations."""


class Auditor:
    """Looks at SQL; the index is looked at by whoever can open it.

    Args:
        settings: Of the Kindred that is looked at.
        database: Its schema is this program's.
        engine: Where its vectors live.
        clock: Gives the time.
        pause: Waits so many seconds.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        engine: str,
        *,
        clock: Callable[[], datetime],
        pause: Callable[[float], object],
    ) -> None:
        self._database = database
        self._clock = clock
        self._pause = pause
        self._books = Bookkeeping(database)
        self._upkeep = Upkeep(database, engine)
        weights = recommend_settings(settings).evidence
        half_lives = {
            "popular": settings.popular_half_life,
            "trending": settings.trending_half_life,
        }
        counts = Popularity(database, half_lives, weights)
        self._recount = Recount(database, counts, self._named())

    def checks(self, index: Callable[[], Check], *, repair: bool = False) -> Iterator[Check]:
        """Look at every part, and mend what can be mended if asked to.

        Args:
            index: Looks at the index (`indexer.audit`), here or elsewhere.
            repair: Whether to mend. What a worker has to do is handed to it; nothing that is
                acknowledged is ever given up.

        Yields:
            What each part found, as it is found.

        Raises:
            DatabaseUnavailable, StoreUnavailable: Call again.
        """
        yield self._books.strays(repair=repair)
        yield self._books.writes()
        yield self._books.categories(repair=repair)
        yield self._twice(self._upkeep.generations)
        yield index()
        yield self._twice(self._queue, (lambda: self._queue(repair=True)) if repair else None)
        yield self._twice(lambda: self._upkeep.jobs(now=self._clock()))
        yield self._recount.popularity(now=self._clock(), repair=repair)
        yield self._recount.activity(repair=repair)
        yield audit_pairs(self._database, repair=repair)

    def _queue(self, *, repair: bool = False) -> Check:
        return self._upkeep.queue(now=self._clock(), repair=repair)

    def _twice(self, look: Callable[[], Check], mend: Callable[[], Check] | None = None) -> Check:
        """Look again after a moment at what may have been moving, and mend what stood still."""
        found = look()
        if found.found:
            self._pause(MOMENT_SECONDS)
            found = look()
        return mend() if found.found and mend is not None else found

    def _named(self) -> Callable[[str], str]:
        with self._database.reading() as connection:
            salt = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))

        def named(user_id: str) -> str:
            if salt is None:
                return "a person"
            return f"person {keyed(salt, user_id)[:SHOWN_OF_HASH]}"

        return named


def unseen_index(engine: str, reason: str) -> Check:
    """Say that the index could not be looked at, which proves nothing of it."""
    fault = Fault("unseen", engine, reason)
    return Check(NAME, faults={"unseen": 1}, examples=(fault,))
