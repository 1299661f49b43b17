"""What people were shown: written in the background, never in the way of an answer."""

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from app.interactions.tables import recommendations
from app.people.names import keyed
from app.people.standings import RIGHTS, Standing, standings_of
from app.recommend.answers import Answer
from indexer.database import Database, beside, upsert
from indexer.errors import IndexerError

log = structlog.get_logger(__name__)

BATCH = 200
"""Answers written in one transaction at most."""

FORGOTTEN_AT_ONCE = 1_000
"""Answers deleted in one transaction at most."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as it was given, nothing in it naming the person."""

    answer: Answer
    kind: str
    person: str | None
    request: Mapping[str, object]
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """What was asked for once, nothing in it naming the person.

    Attributes:
        person: Their keyed hash (`RecommendationLog.person`), or None where nobody was named.
        kind: Which list it was of.
        request: JSON values, as they were put.
    """

    person: str | None
    kind: str
    request: Mapping[str, object]
    shown_at: datetime


class RecommendationLog:
    """Writes answers in batches from a thread of its own.

    Nothing here hinders a request: when the writer falls behind by `capacity` answers, further ones
    are dropped and counted; a batch that cannot be written is tried once more, then dropped and
    counted. A crash loses what was not written yet, about the last second.

    Attributes:
        dropped: Answers that were not kept, for whichever reason.
        failed: Times a batch could not be written.
    """

    def __init__(
        self,
        database: Database,
        salt: str,
        *,
        capacity: int = 10_000,
        interval: timedelta = timedelta(seconds=0.5),
    ) -> None:
        """Prepare without starting the thread.

        Args:
            database: Where to write.
            salt: Secret, the same for as long as a person's answers are to be recognised as one's.
            capacity: Answers waiting at most.
            interval: How long an answer waits for others to be written with.
        """
        self._database = database
        self._salt = salt
        self._interval = interval.total_seconds()
        self._waiting: queue.Queue[Shown] = queue.Queue(capacity)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.dropped = 0
        self.failed = 0

    @property
    def waiting(self) -> int:
        """How many answers are not written yet, roughly."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Begin writing; a log that has begun goes on."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._write, name="recommendation-log")
            self._thread.start()

    def stop(self) -> None:
        """Write out what waits, then end. Idempotent."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            thread.join()

    def put(
        self,
        answer: Answer,
        *,
        kind: str,
        user_id: str | None,
        request: Mapping[str, object],
        now: datetime,
    ) -> None:
        """Hand an answer over; returns at once and raises nothing.

        Args:
            answer: What was shown.
            kind: Which list it was: "for-you", "session", "similar", "together", "search",
                "popular" or "trending".
            user_id: For whom, or None; only its keyed hash is kept.
            request: What was asked for, as JSON values, without the user_id.
            now: When it was shown.
        """
        shown = Shown(answer, kind, self.person(user_id), request, now)
        try:
            self._waiting.put_nowait(shown)
        except queue.Full:
            self._drop(1)

    def person(self, user_id: str | None) -> str | None:
        """Return how the log names a person: see `app.people.names`."""
        if user_id is None:
            return None
        return keyed(self._salt, user_id)

    def newest(self, *, limit: int) -> list[LoggedRequest]:
        """Read what was asked for last, newest first, as far as it is written already.

        Raises:
            DatabaseUnavailable: SQL cannot be read.
        """
        columns = recommendations.c
        wanted = (
            select(columns.person, columns.kind, columns.request, columns.shown_at)
            .order_by(columns.shown_at.desc(), columns.recommendation_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [LoggedRequest(*row) for row in connection.execute(wanted)]

    def asked_since(self, moment: datetime) -> bool:
        """Say whether an answer was given since then, by any process; False where SQL is down."""
        given = select(recommendations.c.shown_at).where(recommendations.c.shown_at >= moment)
        try:
            with self._database.reading() as connection:
                return connection.scalar(given.limit(1)) is not None
        except IndexerError:
            return False

    def forget(self, *, before: datetime) -> int:
        """Delete answers shown before a time; return how many.

        In small transactions, so that nobody waits long.
        """
        oldest = (
            select(recommendations.c.recommendation_id)
            .where(recommendations.c.shown_at < before)
            .limit(FORGOTTEN_AT_ONCE)
        )
        forgotten = 0
        while True:
            with self._database.writing() as connection:
                deleting = delete(recommendations).where(
                    recommendations.c.recommendation_id.in_(oldest)
                )
                gone = connection.execute(deleting).rowcount
            forgotten += gone
            if gone < FORGOTTEN_AT_ONCE:
                return forgotten

    def _write(self) -> None:
        while True:
            last = self._stopping.is_set()
            batch = self._batch()
            if batch:
                self._write_or_drop(batch)
            elif last:
                return

    def _batch(self) -> list[Shown]:
        """Gather answers: until there are BATCH, the interval is over, or the log is stopping."""
        batch: list[Shown] = []
        deadline = time.monotonic() + self._interval
        while len(batch) < BATCH:
            patience = 0.0 if self._stopping.is_set() else max(0.0, deadline - time.monotonic())
            try:
                batch.append(self._waiting.get(timeout=patience) if patience else self._now())
            except queue.Empty:
                break
        return batch

    def _now(self) -> Shown:
        return self._waiting.get_nowait()

    def _write_or_drop(self, batch: Sequence[Shown]) -> None:
        for _ in range(2):
            try:
                self._insert(batch)
            except (IndexerError, SQLAlchemyError) as error:
                self.failed += 1
                log.warning("shown_not_written", answers=len(batch), reason=str(error))
            else:
                return
        self._drop(len(batch))

    def _insert(self, batch: Sequence[Shown]) -> None:
        with self._database.writing() as connection:
            beside(connection, RIGHTS)
            named = {each.person for each in batch if each.person is not None}
            standings = standings_of(connection, named)
            # A commit whose acknowledgement was lost is tried again: then the rows are there.
            inserting = upsert(connection, recommendations).on_conflict_do_nothing()
            connection.execute(inserting, [_row(_allowed(each, standings)) for each in batch])

    def _drop(self, answers: int) -> None:
        with self._lock:
            self.dropped += answers


def _allowed(shown: Shown, standings: Mapping[str, Standing]) -> Shown:
    """Take the person out of an answer to somebody who opted out or was erased meanwhile."""
    held = None if shown.person is None else standings.get(shown.person)
    if held is None or not held.refuses(shown.shown_at):
        return shown
    return replace(shown, person=None)


def _row(shown: Shown) -> dict[str, object]:
    answer = shown.answer
    return {
        "recommendation_id": answer.recommendation_id,
        "person": shown.person,
        "kind": shown.kind,
        "request": dict(shown.request),
        "generation": answer.generation,
        "items": [
            {
                "item_id": each.item_id,
                "source": each.source,
                "score": each.score,
                "propensity": each.propensity,
            }
            for each in answer.items
        ],
        "shown_at": shown.shown_at,
    }
