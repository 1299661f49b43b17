"""Opting out, agreeing again, and being erased everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select

from app.interactions.counts import Popularity
from app.interactions.tables import interactions, recommendations
from app.people.errors import BeingErased
from app.people.people import People, one_at_a_time, remove
from app.people.standings import RIGHTS, set_standing, settle, standing, unsettled
from app.people.suspects import acquit
from indexer.database import Database, alone

DELETED_AT_ONCE = 1_000
"""Rows deleted in one transaction at most: some 60 ms that other writers wait on SQLite."""

UNSETTLED_AT_ONCE = 1_000


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
    answers follow in transactions of bounded size; what is begun is finished by whoever comes next,
    after a crash too. Popularity keeps what was counted, as a sum that is nobody's.
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
        return self._begin(user_id, opted_out=None, now=now, most=most)

    def opt_out(self, user_id: str, *, now: datetime, most: int | None = None) -> Erased:
        """Delete everything of a person, and keep nothing until they agree again."""
        return self._begin(user_id, opted_out=True, now=now, most=most)

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
            set_standing(connection, person, user_id, opted_out=False, since=now)
            settle(connection, person, since=now)

    def finish(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Go on with everything that was begun; return how many people are settled now.

        Args:
            stopping: Asked between transactions; true leaves the rest for the next time.
        """
        with self._database.reading() as connection:
            waiting = unsettled(connection, limit=UNSETTLED_AT_ONCE)
        return sum(self._delete(user_id, since, None, stopping).done for user_id, since in waiting)

    def _begin(
        self, user_id: str, *, opted_out: bool | None, now: datetime, most: int | None
    ) -> Erased:
        person = self._people.names.of(user_id)
        with self._database.writing() as connection:
            alone(connection, RIGHTS)
            one_at_a_time(connection, user_id)
            held = standing(connection, person)
            if opted_out is None:
                opted_out = held is not None and held.opted_out
            set_standing(connection, person, user_id, opted_out=opted_out, since=now)
            remove(connection, user_id)
            acquit(connection, [user_id])
        return self._delete(user_id, now, most)

    def _delete(
        self,
        user_id: str,
        since: datetime,
        most: int | None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Erased:
        person = self._people.names.of(user_id)
        rows = answers = 0
        while (most is None or rows < most) and not stopping():
            gone = self._delete_interactions(user_id, since)
            rows += gone
            if gone < DELETED_AT_ONCE:
                break
        else:
            return Erased(rows, answers, done=False)
        while True:
            gone = self._delete_answers(person, since)
            answers += gone
            if gone < DELETED_AT_ONCE:
                break
        with self._database.writing() as connection:
            settle(connection, person, since=since)
        return Erased(rows, answers, done=True)

    def _delete_interactions(self, user_id: str, since: datetime) -> int:
        column = interactions.c
        theirs = (
            select(column.id)
            .where(
                column.user_id == user_id,
                # A client's clock may have been ahead: what had arrived by then is from before.
                or_(column.happened_at <= since, column.received_at <= since),
            )
            .limit(DELETED_AT_ONCE)
        )
        with self._database.writing() as connection:
            gone = connection.execute(
                delete(interactions).where(column.id.in_(theirs)).returning(*column)
            ).all()
            self._popularity.detach(
                connection,
                [
                    (row.item_id, row.kind, row.value, row.happened_at)
                    for row in gone
                    if row.counted
                ],
            )
        return len(gone)

    def _delete_answers(self, person: str, since: datetime) -> int:
        column = recommendations.c
        theirs = (
            select(column.recommendation_id)
            .where(column.person == person, column.shown_at <= since)
            .limit(DELETED_AT_ONCE)
        )
        with self._database.writing() as connection:
            gone = delete(recommendations).where(column.recommendation_id.in_(theirs))
            return connection.execute(gone).rowcount
