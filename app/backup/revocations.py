"""Keys that were revoked since a backup was made stay revoked when it is restored."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, inspect, select, update

from app.access.tables import api_keys

Revocations = Mapping[str, datetime]
"""SHA-256 of a key to when it was revoked."""


def revoked(connection: Connection) -> Revocations:
    """Read which keys are revoked, before a database is thrown away."""
    if api_keys.name not in inspect(connection).get_table_names():
        return {}
    column = api_keys.c
    rows = connection.execute(
        select(column.digest, column.revoked_at).where(column.revoked_at.is_not(None))
    )
    return {row.digest: row.revoked_at for row in rows}


def revoke(connection: Connection, revocations: Revocations) -> None:
    """Revoke those of them that restored records take for valid."""
    for digest, moment in sorted(revocations.items()):
        held = (api_keys.c.digest == digest) & api_keys.c.revoked_at.is_(None)
        connection.execute(update(api_keys).where(held).values(revoked_at=moment))
