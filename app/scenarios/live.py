"""The live scenarios in memory, so that a request reads nothing of them from SQL."""

import threading

from app.scenarios.store import Live, ScenarioStore


class LiveScenarios:
    """Holds what is live, as of the last refresh; safe for many threads."""

    def __init__(self, store: ScenarioStore) -> None:
        self._store = store
        self._held: Live | None = None
        # A slow read must not put back what a quicker one has replaced since.
        self._refreshing = threading.Lock()

    @property
    def held(self) -> Live:
        """What is live; the same object until something changed."""
        return self._held or NOTHING

    def refresh(self) -> None:
        """Look whether anything changed, and if so read it.

        Raises:
            DatabaseUnavailable: SQL cannot be read; what is held stays.
        """
        with self._refreshing:
            fresh = self._store.live(unless=None if self._held is None else self._held.change)
            self._held = fresh or self._held


NOTHING = Live(0, {})
"""Before the first refresh."""
