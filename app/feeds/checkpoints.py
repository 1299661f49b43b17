"""How far an import of a file came, so that one that was killed goes on instead of anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from app.feeds.tables import checkpoints
from indexer.database import Database, upsert

KEPT = timedelta(days=7)
"""Age at which a checkpoint is forgotten: by then what landed may have been changed on purpose."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an import came.

    Attributes:
        position: Number of the last row that was dealt with.
        tally: What became of the rows up to there.
        began_at: When the import began; it goes on as of then.
    """

    position: int
    tally: Mapping[str, Any]
    began_at: datetime


class Checkpoints:
    """Checkpoints in SQL, by a fingerprint of the file and how it is read.

    Args:
        database: With the schema.
        anew: Whether to find nothing, so that imports begin at the beginning.
    """

    def __init__(self, database: Database, *, anew: bool = False) -> None:
        self._database = database
        self._anew = anew

    def get(self, fingerprint: str, *, now: datetime) -> Checkpoint | None:
        """Find where an import was broken off, if that was not too long ago."""
        if self._anew:
            return None
        with self._database.reading() as connection:
            row = connection.execute(
                select(checkpoints).where(
                    checkpoints.c.fingerprint == fingerprint,
                    checkpoints.c.updated_at >= now - KEPT,
                )
            ).one_or_none()
        return None if row is None else Checkpoint(row.position, row.tally, row.began_at)

    def put(self, fingerprint: str, checkpoint: Checkpoint, *, now: datetime) -> None:
        """Remember how far an import is."""
        with self._database.writing() as connection:
            values = {
                "position": checkpoint.position,
                "tally": dict(checkpoint.tally),
                "began_at": checkpoint.began_at,
                "updated_at": now,
            }
            connection.execute(
                upsert(connection, checkpoints)
                .values(fingerprint=fingerprint, **values)
                .on_conflict_do_update(index_elements=[checkpoints.c.fingerprint], set_=values)
            )

    def drop(self, fingerprint: str, *, now: datetime) -> None:
        """Forget an import, which is over, and all that are too old."""
        with self._database.writing() as connection:
            connection.execute(
                delete(checkpoints).where(
                    (checkpoints.c.fingerprint == fingerprint)
                    | (checkpoints.c.updated_at < now - KEPT)
                )
            )
