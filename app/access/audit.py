"""Who administered what, when and by which request."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select

from app.access.tables import audit
from indexer.database import Database

MOST_TARGET = 256
"""Characters of a target that are kept."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something.

    Attributes:
        name: Of the key; "command line (login)"; or None where no key is needed.
        key_id: Of the key, if `kindred keys` made it.
        request_id: As in the X-Request-ID header and the logs, or None on the command line.
    """

    name: str | None
    key_id: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What was done.

    Attributes:
        actor: By whom.
        action: What, as "scenario.put"; at most 64 characters.
        target: To what: a name or an id, cut at MOST_TARGET characters; None: to no single thing.
        detail: More about it, JSON values; nothing secret.
    """

    actor: Actor
    action: str
    target: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An action in the log.

    Attributes:
        entry: Its number; later ones have larger numbers.
    """

    entry: int
    at: datetime
    action: Action


def here() -> Actor:
    """Say who types a command: the login of this process."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number nobody has a name for
        login = str(os.getuid())
    return Actor(f"command line ({login[:64]})")


def note(connection: Connection, action: Action, *, now: datetime) -> None:
    """Write an action down in the transaction that does it."""
    connection.execute(
        insert(audit).values(
            at=now,
            actor=action.actor.name,
            key_id=action.actor.key_id,
            action=action.action,
            target=None if action.target is None else action.target[:MOST_TARGET],
            request_id=action.actor.request_id,
            detail=dict(action.detail),
        )
    )


class Audit:
    """The log in SQL; entries are never changed, and go by retention alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, action: Action, *, now: datetime) -> None:
        """Write an action down by itself, before it is begun.

        Raises:
            DatabaseUnavailable, StorageFull: It was not written, and should not be done.
        """
        with self._database.writing() as connection:
            note(connection, action, now=now)

    def page(
        self,
        *,
        limit: int,
        before: int | None = None,
        action: str | None = None,
        actor: str | None = None,
    ) -> list[Entry]:
        """Read entries, newest first.

        Args:
            limit: At most so many.
            before: Only those with a smaller number.
            action: Only of this action.
            actor: Only by this actor's name.
        """
        wanted = select(audit).order_by(audit.c.entry.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(audit.c.entry < before)
        if action is not None:
            wanted = wanted.where(audit.c.action == action)
        if actor is not None:
            wanted = wanted.where(audit.c.actor == actor)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(wanted)]

    def forget(self, *, before: datetime) -> int:
        """Delete entries from before a time; return how many."""
        with self._database.writing() as connection:
            return connection.execute(delete(audit).where(audit.c.at < before)).rowcount


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    actor = Actor(row.actor, row.key_id, row.request_id)
    return Entry(row.entry, row.at, Action(actor, row.action, row.target, row.detail))
