"""What is asked of people before anything of them is kept: one small read for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, null, select, union_all

from app.people.standings import Standing
from app.people.tables import standings, suspects
from indexer.database import among


@dataclass(frozen=True, slots=True)
class Checks:
    """What holds for some people.

    Attributes:
        standings: user_id to what may be kept of them; most have none.
        machines: user_ids of those who may be machines.
    """

    standings: Mapping[str, Standing]
    machines: frozenset[str]


def checks_of(connection: Connection, names: Mapping[str, str]) -> Checks:
    """Read what holds for people.

    Args:
        connection: In the transaction that keeps something of them.
        names: user_id to hash.
    """
    people = {person: user_id for user_id, person in names.items()}
    column = standings.c
    read = union_all(
        select(
            column.person.label("name"),
            column.opted_out,
            column.since,
            column.until_id,
            column.user_id,
        ).where(among(connection, column.person, sorted(people))),
        select(suspects.c.user_id, null(), null(), null(), null()).where(
            among(connection, suspects.c.user_id, sorted(names))
        ),
    )
    found: dict[str, Standing] = {}
    machines: set[str] = set()
    for row in connection.execute(read):
        if row.since is None:
            machines.add(row.name)
        else:
            pending = row.user_id is not None
            found[people[row.name]] = Standing(row.opted_out, row.since, row.until_id, pending)
    return Checks(found, frozenset(machines))
