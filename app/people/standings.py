"""Of whom nothing may be kept: people who opted out, and what was before somebody was erased.

A standing is found by the person's keyed hash, so that remembering it does not keep the person.
Whoever writes down something of people holds RIGHTS beside others and reads standings first;
whoever changes one holds it alone for that moment. So nothing slips in behind a change.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from app.people.tables import standings
from indexer.database import slices, upsert

RIGHTS = "kindred rights"


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be kept of a person.

    Attributes:
        opted_out: Nothing at all, until they agree again.
        since: Nothing that happened until then.
        pending: Whether rows from before are still being deleted.
    """

    opted_out: bool
    since: datetime
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
    return Standing(row.opted_out, row.since, row.erasing is not None)


def standing(connection: Connection, person: str) -> Standing | None:
    """Read one person's."""
    return standings_of(connection, [person]).get(person)


def standings_of(connection: Connection, people: Collection[str]) -> Mapping[str, Standing]:
    """Read those that people have, hash to standing; most have none."""
    found: dict[str, Standing] = {}
    for some in slices(sorted(people)):
        reading = select(standings).where(standings.c.person.in_(some))
        for row in connection.execute(reading):
            found[row.person] = Standing(row.opted_out, row.since, row.user_id is not None)
    return found


def set_standing(
    connection: Connection, person: str, user_id: str, *, opted_out: bool, since: datetime
) -> None:
    """Begin a standing whose rows are to be deleted; the caller holds RIGHTS alone."""
    values = {"opted_out": opted_out, "since": since, "user_id": user_id}
    inserting = upsert(connection, standings).values(person=person, **values)
    connection.execute(
        inserting.on_conflict_do_update(index_elements=[standings.c.person], set_=values)
    )


def settle(connection: Connection, person: str, *, since: datetime) -> None:
    """Note that the rows are gone, unless another standing has begun meanwhile."""
    done = (standings.c.person == person) & (standings.c.since == since)
    connection.execute(update(standings).where(done).values(user_id=None))


def unsettled_among(connection: Connection, user_ids: Collection[str]) -> frozenset[str]:
    """Tell whose rows are still being deleted, so that nobody looks at them."""
    found: set[str] = set()
    for some in slices(sorted(user_ids)):
        wanted = select(standings.c.user_id).where(standings.c.user_id.in_(some))
        found.update(connection.scalars(wanted))
    return frozenset(found)


def unsettled(connection: Connection, *, limit: int) -> list[tuple[str, datetime]]:
    """Name people whose rows are still being deleted, user_id and since; the oldest first."""
    wanted = (
        select(standings.c.user_id, standings.c.since)
        .where(standings.c.user_id.is_not(None))
        .order_by(standings.c.since)
        .limit(limit)
    )
    return [(row.user_id, row.since) for row in connection.execute(wanted)]
