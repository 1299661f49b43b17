"""People who may be machines, as rules found; popularity does not count what they do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from app.people.tables import suspects
from indexer.database import Database, slices, upsert


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody who behaves like a machine.

    Attributes:
        reasons: Rules they broke, sorted: see `app.behaviour.cleaning`.
        looked_at: How many of their newest interactions the verdict is of.
        found_at: When they were first found.
        confirmed_at: When they last were.
    """

    user_id: str
    reasons: tuple[str, ...]
    looked_at: int
    found_at: datetime
    confirmed_at: datetime


def suspected(connection: Connection, user_ids: Collection[str]) -> frozenset[str]:
    """Tell which of these people are suspects."""
    found: set[str] = set()
    for some in slices(sorted(user_ids)):
        reading = select(suspects.c.user_id).where(suspects.c.user_id.in_(some))
        found.update(connection.scalars(reading))
    return frozenset(found)


def suspect(
    connection: Connection, user_id: str, reasons: Sequence[str], *, looked_at: int, now: datetime
) -> None:
    """Note somebody as a suspect, or that they still are."""
    values = {"reasons": sorted(reasons), "looked_at": looked_at, "confirmed_at": now}
    inserting = upsert(connection, suspects).values(user_id=user_id, found_at=now, **values)
    connection.execute(
        inserting.on_conflict_do_update(index_elements=[suspects.c.user_id], set_=values)
    )


def acquit(connection: Connection, user_ids: Collection[str]) -> int:
    """Note that these people are no suspects; return how many were."""
    gone = delete(suspects).where(suspects.c.user_id.in_(sorted(user_ids)))
    return connection.execute(gone).rowcount


def suspects_of(
    database: Database, *, after: str = "", limit: int = 1_000, only: str | None = None
) -> list[Suspect]:
    """List suspects in the order of user_id, from the one after `after` on, or one alone."""
    narrowed = suspects.c.user_id > after if only is None else suspects.c.user_id == only
    reading = select(suspects).where(narrowed).order_by(suspects.c.user_id).limit(limit)
    with database.reading() as connection:
        return [
            Suspect(row.user_id, tuple(row.reasons), row.looked_at, row.found_at, row.confirmed_at)
            for row in connection.execute(reading)
        ]
