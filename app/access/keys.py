"""API keys in SQL: made, listed, revoked; of a key itself only a hash is kept.

A key is 256 random bits, so that one round of SHA-256 hides it for good: there is nothing to guess
that a slow hash would have to slow down.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from app.access.audit import Action, Actor, note
from app.access.errors import KeyTaken, TooManyKeys, UnknownKey
from app.access.tables import api_keys
from app.values import SCOPES, ApiKey, Rate, Scope, read_rate
from indexer.database import Database, alone

PREFIX = "kdr_"
"""Of every key made here, so that whoever finds one in a file or a log knows what it is."""

MOST_HELD = 1_000
"""Keys that may hold at once: every process has them all in memory."""

_LOCK = "kindred keys"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key that was made, without what it is.

    Attributes:
        last_used_at: To the minute; None: never.
    """

    key_id: int
    name: str
    digest: bytes
    scopes: frozenset[Scope]
    rate: Rate | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Say whether it may still call."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not expired

    def admitted(self) -> ApiKey:
        """Return what a request is held against."""
        return ApiKey(self.name, self.scopes, self.digest, self.rate, self.key_id, self.expires_at)


@dataclass(frozen=True, slots=True)
class State:
    """What tells whether keys were made or revoked: each only ever grows."""

    newest: int
    revoked: int


class KeyStore:
    """Keys in SQL; revoked ones stay there to be told apart from those that never were."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        by: Actor,
        now: datetime,
        rate: Rate | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[str, StoredKey]:
        """Make a key.

        Args:
            name: As `app.values.key_name` takes it.
            scopes: At least one.
            by: Who makes it, for the audit log.
            now: When.
            rate: How often it may call, if not as the settings have it.
            expires_at: From when on it does not hold.

        Returns:
            The key itself, which nothing can give again, and what is kept of it.

        Raises:
            KeyTaken: One by that name holds.
            TooManyKeys: MOST_HELD hold.
            DatabaseUnavailable, StorageFull: Nothing was made.
        """
        key = PREFIX + secrets.token_urlsafe(32)
        digest = hashlib.sha256(key.encode()).hexdigest()
        ordered = [scope for scope in SCOPES if scope in scopes]
        with self._database.writing() as connection:
            alone(connection, _LOCK)
            held = [each for each in _unrevoked(connection) if each.holds(now)]
            if any(each.name == name for each in held):
                raise KeyTaken(f"there is a key {name!r}: revoke it first, or choose another name")
            if len(held) >= MOST_HELD:
                raise TooManyKeys(f"{MOST_HELD} keys hold, and no more may: revoke one first")
            made = connection.execute(
                insert(api_keys)
                .values(
                    name=name,
                    digest=digest,
                    scopes=ordered,
                    rate=None if rate is None else str(rate),
                    created_at=now,
                    expires_at=expires_at,
                )
                .returning(api_keys)
            ).one()
            stored = _stored(made)
            scoped = {"key_id": stored.key_id, "scopes": ordered}
            note(connection, Action(by, "key.make", name, scoped), now=now)
        return key, stored

    def revoke(self, name: str, *, by: Actor, now: datetime) -> StoredKey:
        """End a key by its name; every process refuses it within about a second.

        Raises:
            UnknownKey: None by that name holds.
            DatabaseUnavailable, StorageFull: Nothing was changed.
        """
        with self._database.writing() as connection:
            alone(connection, _LOCK)
            found = [each for each in _unrevoked(connection) if each.name == name]
            if not found:
                raise UnknownKey(
                    f"there is no key {name!r}; `kindred keys list` shows those there are"
                )
            ended = [
                _stored(
                    connection.execute(
                        update(api_keys)
                        .where(api_keys.c.key_id == each.key_id)
                        .values(revoked_at=now)
                        .returning(api_keys)
                    ).one()
                )
                for each in found  # more than one when earlier ones of this name expired
            ]
            numbers = {"key_ids": [each.key_id for each in ended]}
            note(connection, Action(by, "key.revoke", name, numbers), now=now)
        return ended[-1]

    def all(self) -> list[StoredKey]:
        """Read every key there ever was, in the order they were made."""
        with self._database.reading() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.key_id))
            return [_stored(row) for row in rows]

    def unrevoked(self) -> tuple[State, list[StoredKey]]:
        """Read those that were not revoked, expired ones included, and which state they are of."""
        with self._database.reading() as connection:
            return _state(connection), _unrevoked(connection)

    def state(self) -> State:
        """Read what changes whenever a key is made or revoked."""
        with self._database.reading() as connection:
            return _state(connection)

    def used(self, uses: Mapping[int, datetime]) -> None:
        """Note by number when keys were last used; a time before the one known changes nothing."""
        with self._database.writing() as connection:
            for key_id, at in sorted(uses.items()):
                connection.execute(
                    update(api_keys)
                    .where(
                        api_keys.c.key_id == key_id,
                        or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < at),
                    )
                    .values(last_used_at=at)
                )


def _state(connection: Connection) -> State:
    newest, revoked = connection.execute(
        select(func.max(api_keys.c.key_id), func.count(api_keys.c.revoked_at))
    ).one()
    return State(newest or 0, revoked)


def _unrevoked(connection: Connection) -> list[StoredKey]:
    wanted = select(api_keys).where(api_keys.c.revoked_at.is_(None)).order_by(api_keys.c.key_id)
    return [_stored(row) for row in connection.execute(wanted)]


def _stored(row: Row[tuple[object, ...]]) -> StoredKey:
    return StoredKey(
        key_id=row.key_id,
        name=row.name,
        digest=bytes.fromhex(row.digest),
        scopes=frozenset(row.scopes),
        rate=None if row.rate is None else read_rate(row.rate),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
