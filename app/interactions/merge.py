"""Two ids that turn out to be one person: everything of one becomes the other's."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from app.interactions.tables import interactions, recommendations
from app.people import activity
from app.people.errors import BeingErased
from app.people.people import one_at_a_time, refuse_opted_out, unite
from app.people.standings import RIGHTS, standings_of
from app.people.suspects import acquit
from indexer.database import Database, beside


@dataclass(frozen=True, slots=True)
class Merged:
    """How much there was to merge; nothing but zeros when it was done before.

    Attributes:
        interactions: That became the person's.
        recommendations: Logged answers that did.
        attributes, seeds, choices, forgotten: Of the source's profile; those of the person win, and
            bounds hold for the sum.
    """

    interactions: int
    recommendations: int
    attributes: int
    seeds: int
    choices: int
    forgotten: int


class Merger:
    """Makes everything of one id another's, all of it or nothing.

    Args:
        database: Where everything is kept.
        person: Gives the name by which the recommendation log knows an id.
    """

    def __init__(self, database: Database, person: Callable[[str], str | None]) -> None:
        self._database = database
        self._person = person

    def merge(self, user_id: str, source: str, *, now: datetime) -> Merged:
        """Make everything of `source` the person's, in one transaction.

        What arrives under the old id afterwards, and answers the log has not written yet, stay
        there until it is merged again.

        Args:
            user_id: Who it all belongs to.
            source: Another id.
            now: When.

        Raises:
            ValueError: Both are one id.
            OptedOut: The person has opted out of personalisation, so that nothing may become
                theirs.
            BeingErased: What was kept of one of them is still being deleted.
            DatabaseUnavailable, StorageFull: Nothing was changed; try again.
        """
        if user_id == source:
            raise ValueError(f"{user_id!r} is to be merged with itself")
        people = {each: self._person(each) or each for each in (user_id, source)}
        with self._database.writing() as connection:
            beside(connection, RIGHTS)
            one_at_a_time(connection, user_id, source)
            refuse_opted_out(connection, people[user_id])
            _refuse_pending(connection, people.values())
            # First, as whoever records interactions of either then waits before this reads them.
            activity.move(connection, user_id, source)
            moved = self._move_interactions(connection, user_id, source)
            others = unite(connection, user_id, source, now=now)
            answers = self._move_answers(connection, user_id, source)
            acquit(connection, [source])
        return Merged(
            interactions=moved,
            recommendations=answers,
            attributes=len(others.attributes),
            seeds=len(others.seeds),
            choices=len(others.choices),
            forgotten=len(others.forgotten),
        )

    def _move_interactions(self, connection: Connection, user_id: str, source: str) -> int:
        theirs = interactions.c.user_id == source
        moving = update(interactions).where(theirs).values(user_id=user_id)
        return connection.execute(moving).rowcount

    def _move_answers(self, connection: Connection, user_id: str, source: str) -> int:
        theirs = recommendations.c.person == self._person(source)
        moving = update(recommendations).where(theirs).values(person=self._person(user_id))
        return connection.execute(moving).rowcount


def _refuse_pending(connection: Connection, people: Collection[str]) -> None:
    if any(each.pending for each in standings_of(connection, people).values()):
        raise BeingErased(
            "What was kept of one of the two is still being deleted: try again in a moment."
        )
