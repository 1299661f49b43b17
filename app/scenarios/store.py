"""Scenarios in SQL: every write is a new version, and older ones stay to be read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, null, select

from app.scenarios.errors import TooManyScenarios, UnknownScenario, VersionConflict
from app.scenarios.tables import scenarios
from indexer.database import Database, alone

MOST_LIVE = 200
"""Scenarios there may be at once: every process holds them all."""

KEPT_VERSIONS = 100
"""Versions of one scenario that can be read, the newest among them."""

ABSENT = 0
"""The version to expect of a scenario that must not exist yet."""


@dataclass(frozen=True, slots=True)
class StoredScenario:
    """One version of a scenario.

    Attributes:
        version: From 1; it goes on where a deleted scenario stopped.
        body: JSON as it was checked when it was written, or None when this version deletes it.
        author: Name of the key it was written with, or None where no key was needed.
    """

    name: str
    version: int
    body: Mapping[str, object] | None
    author: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """All scenarios that are not deleted, at one moment.

    Attributes:
        change: Number of the last change of any; 0 before the first.
        scenarios: Name to newest version, sorted by name.
    """

    change: int
    scenarios: Mapping[str, StoredScenario]


def _nothing(_: Connection, __: StoredScenario) -> None:
    pass


Also = Callable[[Connection, StoredScenario], None]
"""What else is written in the transaction of a change: the audit log's entry."""


class ScenarioStore:
    """Scenarios in SQL; writes wait for each other, so that each sees the one before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        name: str,
        body: Mapping[str, object],
        *,
        author: str | None,
        now: datetime,
        expected: int | None = None,
        also: Also = _nothing,
    ) -> StoredScenario:
        """Make a new version the newest, unless the newest says the same already.

        So a write that is sent again changes nothing, whatever it expects.

        Args:
            name: At most 64 characters.
            body: JSON, checked.
            author: Name of the key it is written with, or None.
            now: When.
            expected: Write only if this is the newest version; ABSENT: only if there is none, or it
                is deleted; None: in any case.
            also: What else is written when something changes.

        Returns:
            The newest version.

        Raises:
            VersionConflict: It is not at the version expected.
            TooManyScenarios: MOST_LIVE others exist.
            DatabaseUnavailable, StorageFull: Nothing was written.
        """
        with self._database.writing() as connection:
            newest = _locked(connection, name)
            if newest is not None and newest.body is not None and _same(newest.body, body):
                return newest
            _check(name, newest, expected)
            if (newest is None or newest.body is None) and _live(connection) >= MOST_LIVE:
                raise TooManyScenarios(
                    f"there are {MOST_LIVE} scenarios, and no more may be: delete one first"
                )
            made = _written(connection, name, newest, body, author=author, now=now)
            also(connection, made)
            return made

    def delete(
        self,
        name: str,
        *,
        author: str | None,
        now: datetime,
        expected: int | None = None,
        also: Also = _nothing,
    ) -> StoredScenario:
        """Delete a scenario; its versions can still be read until `forget`.

        Raises:
            UnknownScenario: There is none by that name, or it is deleted.
            VersionConflict: It is not at the version expected.
            DatabaseUnavailable, StorageFull: Nothing was written.
        """
        with self._database.writing() as connection:
            newest = _locked(connection, name)
            if newest is None or newest.body is None:
                raise UnknownScenario(f"there is no scenario {name!r}")
            _check(name, newest, expected)
            made = _written(connection, name, newest, None, author=author, now=now)
            also(connection, made)
            return made

    def get(self, name: str, version: int | None = None) -> StoredScenario | None:
        """Read one version, by default the newest, which may be a deletion; None if unknown."""
        with self._database.reading() as connection:
            if version is None:
                return _newest(connection, name)
            wanted = select(scenarios).where(
                scenarios.c.name == name, scenarios.c.version == version
            )
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _stored(row)

    def versions(self, name: str) -> list[StoredScenario]:
        """Read the versions that are kept, newest first, deletions included."""
        wanted = (
            select(scenarios)
            .where(scenarios.c.name == name)
            .order_by(scenarios.c.version.desc())
            .limit(KEPT_VERSIONS)
        )
        with self._database.reading() as connection:
            return [_stored(row) for row in connection.execute(wanted)]

    def live(self, *, unless: int | None = None) -> Live | None:
        """Read all live scenarios; None, after one look, if the last change is still `unless`."""
        with self._database.reading() as connection:
            change = connection.scalar(select(func.max(scenarios.c.change))) or 0
            if change == unless:
                return None
            rows = connection.execute(select(scenarios).where(*_IS_LIVE)).all()
        found = sorted((_stored(row) for row in rows), key=lambda each: each.name)
        return Live(change, {each.name: each for each in found})

    def forget(self, *, before: datetime) -> int:
        """Drop all versions of scenarios deleted before a time; return how many versions."""
        deleted = select(scenarios.c.name).where(
            scenarios.c.change.in_(_NEWEST),
            scenarios.c.body.is_(null()),
            scenarios.c.created_at < before,
        )
        with self._database.writing() as connection:
            alone(connection, "kindred scenarios")
            names = list(connection.scalars(deleted))
            forgetting = delete(scenarios).where(scenarios.c.name.in_(names))
            return connection.execute(forgetting).rowcount if names else 0


_NEWEST = select(func.max(scenarios.c.change)).group_by(scenarios.c.name)
_IS_LIVE: tuple[ColumnElement[bool], ...] = (
    scenarios.c.change.in_(_NEWEST),
    scenarios.c.body.is_not(null()),
)


def _locked(connection: Connection, name: str) -> StoredScenario | None:
    """Keep other writers out until the transaction ends, and read the newest version."""
    alone(connection, "kindred scenarios")
    return _newest(connection, name)


def _newest(connection: Connection, name: str) -> StoredScenario | None:
    wanted = (
        select(scenarios)
        .where(scenarios.c.name == name)
        .order_by(scenarios.c.version.desc())
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _stored(row)


def _live(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(scenarios).where(*_IS_LIVE)) or 0


def _same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    # Not by ==, to which true is 1.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _check(name: str, newest: StoredScenario | None, expected: int | None) -> None:
    current = ABSENT if newest is None or newest.body is None else newest.version
    if expected is None or expected == current:
        return
    state = f"is at version {current}" if current else "does not exist"
    wanted = f"version {expected} was" if expected else "none was"
    raise VersionConflict(
        f"the scenario {name!r} {state}, but {wanted} expected: read it, and decide again",
        version=current,
    )


def _written(
    connection: Connection,
    name: str,
    newest: StoredScenario | None,
    body: Mapping[str, object] | None,
    *,
    author: str | None,
    now: datetime,
) -> StoredScenario:
    version = 1 if newest is None else newest.version + 1
    made = StoredScenario(name, version, body, author, now)
    connection.execute(
        insert(scenarios).values(
            name=name, version=version, body=body, author=author, created_at=now
        )
    )
    connection.execute(
        delete(scenarios).where(
            scenarios.c.name == name, scenarios.c.version <= version - KEPT_VERSIONS
        )
    )
    return made


def _stored(row: Row[tuple[object, ...]]) -> StoredScenario:
    return StoredScenario(row.name, row.version, row.body, row.author, row.created_at)
