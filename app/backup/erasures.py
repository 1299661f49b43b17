"""People who were erased since a backup was made stay erased when it is restored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, inspect, select, union

from app.interactions.tables import interactions
from app.people.names import FACT, keyed
from app.people.people import remove
from app.people.standings import Leaving, set_standing, settle, standings_of
from app.people.suspects import acquit
from app.people.tables import activity, profiles, standings, suspects
from indexer.tables import facts

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Erasures:
    """Who opted out or was erased, by their hashes under a salt.

    Attributes:
        people: Hash to whether they opted out, and since when nothing is kept.
    """

    salt: str
    people: Mapping[str, tuple[bool, datetime]]


def carried(connection: Connection) -> Erasures | None:
    """Read what a database knows of erasures, before it is thrown away; None if nothing."""
    there = set(inspect(connection).get_table_names())
    if not {facts.name, standings.name} <= there:
        return None
    salt = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))
    rows = connection.execute(select(standings.c.person, standings.c.opted_out, standings.c.since))
    people = {row.person: (row.opted_out, row.since) for row in rows}
    return Erasures(salt, people) if salt is not None and people else None


def carry(connection: Connection, erasures: Erasures) -> int:
    """Bring erasures into restored records that are of the same salt; return how many were new.

    What is short is deleted here; interactions and answers are left to `Eraser.finish`, which a
    service does as it starts.
    """
    salt = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))
    if salt != erasures.salt:
        return 0  # records of another service: its people are others
    held = standings_of(connection, erasures.people)
    last = connection.scalar(select(func.max(interactions.c.id))) or 0
    newer = {
        person: each
        for person, each in erasures.people.items()
        if person not in held or held[person].since < each[1]
    }
    for person, (opted_out, since) in newer.items():
        leaving = Leaving(person, person, since, last)
        set_standing(connection, leaving, opted_out=opted_out)
        settle(connection, leaving)
    for user_id in list(_people(connection)):
        person = keyed(salt, user_id)
        if person in newer:
            opted_out, since = newer[person]
            set_standing(connection, Leaving(person, user_id, since, last), opted_out=opted_out)
            remove(connection, user_id)
            acquit(connection, [user_id])
    return len(newer)


def _people(connection: Connection) -> Iterator[str]:
    columns = (interactions.c.user_id, activity.c.user_id, profiles.c.user_id, suspects.c.user_id)
    everybody = union(*(select(each) for each in columns)).execution_options(yield_per=AT_ONCE)
    yield from connection.scalars(everybody)
