"""Opting out, agreeing again, and being erased everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from app.interactions.counts import Popularity
from app.interactions.sums import counting
from app.interactions.tables import interactions, recommendations
from app.people.errors import BeingErased
from app.people.people import People, one_at_a_time, remove
from app.people.standings import RIGHTS, Leaving, set_standing, settle, standing, unsettled
from app.people.suspects import acquit
from indexer.database import Database, alone

DELETED_AT_ONCE = 1_000
"""Rows deleted in one transaction at most: some 60 ms that other writers wait on SQLite."""

UNSETTLED_AT_ONCE = 1_000

GRACE = timedelta(seconds=5)
"""How long whoever began an erasure is left to it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted of a person, beside their profile, sums and pictures.

    Attributes:
        interactions: How many.
        answers: Logged answers.
        done: Whether all is gone; if not, the service goes on by itself.
    """

    interactions: int
    answers: int
    done: bool


class Eraser:
    """Deletes what is kept of people, and remembers by their hash that nothing may come back.

    One short transaction deletes the profile, pictures, sums and suspicion, and marks the person:
    from then on no answer looks at them and nothing of before is taken. Interactions and logged
    answers follow in transactions of bounded size, and with each interaction goes what it counted;
    what is begun is finished by whoever comes next, after a crash too.
    """

    def __init__(self, database: Database, popularity: Popularity, people: People) -> None:
        self._database = database
        self._popularity = popularity
        self._people = people

    def erase(self, user_id: str, *, now: datetime, most: int | None = None) -> Erased:
        """Delete everything of a person; what they do from now on begins anew.

        Somebody who opted out stays so. Nothing that happened until now is taken again.

        Args:
            user_id: Who; nobody need ever have heard of them.
            now: When.
            most: Interactions deleted before returning, roughly; None: all.
        """
        return self._delete(self._begin(user_id, opted_out=None, now=now), most)

    def opt_out(self, user_id: str, *, now: datetime, most: int | None = None) -> Erased:
        """Delete everything of a person, and keep nothing until they agree again."""
        return self._delete(self._begin(user_id, opted_out=True, now=now), most)

    def agree(self, user_id: str, *, now: datetime) -> None:
        """Let a person who opted out be known again, from now on; others stay as they are.

        Raises:
            BeingErased: What was kept before is still being deleted.
        """
        person = self._people.names.of(user_id)
        with self._database.writing() as connection:
            alone(connection, RIGHTS)
            held = standing(connection, person)
            if held is None or not held.opted_out:
                return
            if held.pending:
                raise BeingErased(
                    "What was kept of the person is still being deleted: try again in a moment."
                )
            # What they did while they were out must not come in afterwards.
            leaving = Leaving(person, user_id, max(held.since, now), _last(connection))
            set_standing(connection, leaving, opted_out=False)
            settle(connection, leaving)

    def finish(
        self, *, before: datetime | None = None, stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """Go on with everything that was begun; return how many people are settled now.

        Args:
            before: Only with what was begun before that; None: all.
            stopping: Asked between transactions; true leaves the rest for the next time.
        """
        with self._database.reading() as connection:
            waiting = unsettled(connection, limit=UNSETTLED_AT_ONCE, before=before)
        return sum(self._delete(each, None, stopping).done for each in waiting)

    def _begin(self, user_id: str, *, opted_out: bool | None, now: datetime) -> Leaving:
        person = self._people.names.of(user_id)
        with self._database.writing() as connection:
            alone(connection, RIGHTS)
            one_at_a_time(connection, user_id)
            held = standing(connection, person)
            if opted_out is None:
                opted_out = held is not None and held.opted_out
            # Another machine's clock may be ahead: what is refused once stays so.
            since = now if held is None else max(held.since, now)
            leaving = Leaving(person, user_id, since, _last(connection))
            set_standing(connection, leaving, opted_out=opted_out)
            remove(connection, user_id)
            acquit(connection, [user_id])
        return leaving

    def _delete(
        self, leaving: Leaving, most: int | None, stopping: Callable[[], bool] = lambda: False
    ) -> Erased:
        rows = answers = 0
        gone = DELETED_AT_ONCE
        while gone == DELETED_AT_ONCE:
            if stopping() or (most is not None and rows >= most):
                return Erased(rows, answers, done=False)
            gone = self._delete_interactions(leaving)
            rows += gone
        gone = DELETED_AT_ONCE
        while gone == DELETED_AT_ONCE:
            if stopping():
                return Erased(rows, answers, done=False)
            gone = self._delete_answers(leaving)
            answers += gone
        with self._database.writing() as connection:
            settle(connection, leaving)
        return Erased(rows, answers, done=True)

    def _delete_interactions(self, leaving: Leaving) -> int:
        column = interactions.c
        theirs = (
            select(column.id)
            .where(column.user_id == leaving.user_id, column.id <= leaving.until_id)
            .order_by(column.id)
            .limit(DELETED_AT_ONCE)
        )
        with self._database.writing() as connection:
            # Or two who delete would wait for the same rows, and one take them for the last.
            one_at_a_time(connection, leaving.user_id)
            gone = connection.execute(
                delete(interactions).where(column.id.in_(theirs)).returning(*column)
            ).all()
            self._popularity.take_out(connection, counting(gone))
        return len(gone)

    def _delete_answers(self, leaving: Leaving) -> int:
        column = recommendations.c
        theirs = (
            select(column.recommendation_id)
            .where(column.person == leaving.person, column.shown_at <= leaving.since)
            .limit(DELETED_AT_ONCE)
        )
        with self._database.writing() as connection:
            one_at_a_time(connection, leaving.user_id)
            gone = delete(recommendations).where(column.recommendation_id.in_(theirs))
            return connection.execute(gone).rowcount


def _last(connection: Connection) -> int:
    """Return the number of the last interaction there is; nobody may be writing one."""
    return connection.scalar(select(func.max(interactions.c.id))) or 0
