"""Ids that come again within a file, found in bounded memory."""

import sqlite3
from collections.abc import Sequence
from types import TracebackType
from typing import Self


class SeenIds:
    """Where each id of a file stood last; kept in a temporary file that nobody else can see.

    A million ids in a dict take 150 MB; here they take 2 MB of memory and some seconds.
    """

    def __init__(self) -> None:
        # An empty name makes a temporary database of this connection's own.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE seen (id TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def note(self, ids: Sequence[tuple[str, int]]) -> dict[str, int]:
        """Note ids with their places.

        Args:
            ids: No id twice.

        Returns:
            Of those noted before, where they stood last until now.
        """
        self._database.execute("BEGIN")
        earlier = {
            held[0]: int(held[1])
            for each, _ in ids
            if (
                held := self._database.execute(
                    "SELECT id, place FROM seen WHERE id = ?", (each,)
                ).fetchone()
            )
        }
        self._database.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", ids)
        self._database.execute("COMMIT")
        return earlier
