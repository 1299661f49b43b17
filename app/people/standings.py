"""Of whom nothing may be kept: people who opted out, and what was before somebody was erased.

A standing is found by the person's keyed hash, so that remembering it does not keep the person.
Whoever writes down something of people holds RIGHTS beside others and reads standings first;
whoever changes one holds it alone for that moment. So nothing slips in behind a change.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, select, update

from app.people.tables import standings
from indexer.database import slices, upsert

RIGHTS = "kindred rights"


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be kept of a person.

    Attributes:
        opted_out: Nothing at all, until they agree again.
        since: Nothing that happened until then.
        until_id: Nor any interaction up to this number.
        pending: Whether rows from before are still being deleted.
    """

    opted_out: bool
    since: datetime
    until_id: int
    pending: bool

    @property
    def silent(self) -> bool:
        """Whether what is there must not be looked at."""
        return self.opted_out or self.pending

    def refuses(self, happened_at: datetime) -> bool:
        """Say whether something that happened then may not be kept."""
        return self.opted_out or happened_at <= self.since


def of_row(row: Row[Any]) -> Standing | None:
    """Read a row with columns `opted_out`, `since` and `erasing`; None where a join found none."""
    if row.since is None:
        return None
    return Standing(row.opted_out, row.since, row.until_id, row.erasing is not None)


def standing(connection: Connection, person: str) -> Standing | None:
    """Read one person's."""
    return standings_of(connection, [person]).get(person)


def standings_of(connection: Connection, people: Collection[str]) -> Mapping[str, Standing]:
    """Read those that people have, hash to standing; most have none."""
    found: dict[str, Standing] = {}
    for some in slices(sorted(people)):
        reading = select(standings).where(standings.c.person.in_(some))
        for row in connection.execute(reading):
            pending = row.user_id is not None
            found[row.person] = Standing(row.opted_out, row.since, row.until_id, pending)
    return found


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody whose rows are to be deleted: what had happened by a time, or arrived by a number.

    Attributes:
        person: Their hash.
        user_id: Who.
        since: When they left; answers until then go.
        until_id: The last interaction there was then; interactions up to it go.
    """

    person: str
    user_id: str
    since: datetime
    until_id: int


def set_standing(connection: Connection, leaving: Leaving, *, opted_out: bool) -> None:
    """Begin a standing whose rows are to be deleted; the caller holds RIGHTS alone."""
    values = {
        "opted_out": opted_out,
        "since": leaving.since,
        "until_id": leaving.until_id,
        "user_id": leaving.user_id,
    }
    inserting = upsert(connection, standings).values(person=leaving.person, **values)
    connection.execute(
        inserting.on_conflict_do_update(index_elements=[standings.c.person], set_=values)
    )


def settle(connection: Connection, leaving: Leaving) -> None:
    """Note that the rows are gone, unless another standing has begun meanwhile."""
    column = standings.c
    done = update(standings).where(
        column.person == leaving.person,
        column.since == leaving.since,
        column.until_id == leaving.until_id,
    )
    connection.execute(done.values(user_id=None))


def unsettled_among(connection: Connection, user_ids: Collection[str]) -> frozenset[str]:
    """Tell whose rows are still being deleted, so that nobody looks at them."""
    found: set[str] = set()
    for some in slices(sorted(user_ids)):
        wanted = select(standings.c.user_id).where(standings.c.user_id.in_(some))
        found.update(connection.scalars(wanted))
    return frozenset(found)


def unsettled(
    connection: Connection, *, limit: int, before: datetime | None = None
) -> list[Leaving]:
    """Name people whose rows are still being deleted, the oldest first.

    Args:
        connection: A transaction.
        limit: People at most.
        before: Only those who left before that; None: all.
    """
    wanted = (
        select(standings)
        .where(standings.c.user_id > "")  # no id is empty; for IS NOT NULL SQLite walks them all
        .order_by(standings.c.since)
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(standings.c.since < before)
    return [
        Leaving(row.person, row.user_id, row.since, row.until_id)
        for row in connection.execute(wanted)
    ]


def not_left(user_id: ColumnElement[str], number: ColumnElement[int]) -> ColumnElement[bool]:
    """Say of an interaction that it is not one of those still being deleted."""
    leaving = (standings.c.user_id == user_id) & (number <= standings.c.until_id)
    return ~exists().where(leaving)


def nobody_leaving(user_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Say of a column of user_ids that no row is of somebody whose rows are still being deleted."""
    return user_id.not_in(select(standings.c.user_id).where(standings.c.user_id > ""))
