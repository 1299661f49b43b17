"""The keys that hold, in memory, so that a request reads nothing of them from SQL."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.access.keys import KeyStore, State
from app.values import ApiKey

NOTED_EVERY = timedelta(minutes=1)
"""How often uses are written down, and how exactly: a write a request would be one too many."""


@dataclass(frozen=True, slots=True)
class _Held:
    state: State | None
    keys: Mapping[bytes, ApiKey]
    needed: bool


class LiveKeys:
    """Holds the keys of the settings and those that were made, as of the last refresh.

    Safe for many threads.

    Args:
        store: Of those that were made.
        configured: Those of the settings.
        always: Whether a key is needed even before there is one.
    """

    def __init__(
        self, store: KeyStore, configured: Sequence[ApiKey] = (), *, always: bool = False
    ) -> None:
        self._store = store
        self._configured = tuple(configured)
        self._always = always or bool(configured)
        # Found by this process's own MAC of the digest: how long a look-up takes depends on bits
        # that no caller can choose or learn, so it tells nothing about any key.
        self._secret = secrets.token_bytes(32)
        self._held = self._holding(None, ())
        self._refreshing = threading.Lock()
        self._noting = threading.Lock()
        self._uses: dict[int, datetime] = {}
        self._noted_at: datetime | None = None

    @property
    def needed(self) -> bool:
        """Whether callers need a key: once there ever was one, also after the last was revoked."""
        return self._held.needed

    def find(self, given: bytes, *, now: datetime) -> ApiKey | None:
        """Return the key that was given, or None if none like it holds."""
        digest = hashlib.sha256(given).digest()
        key = self._held.keys.get(self._tag(digest))
        if key is None or not hmac.compare_digest(key.digest, digest):
            return None
        return None if key.expires_at is not None and key.expires_at <= now else key

    def used(self, key: ApiKey, *, now: datetime) -> None:
        """Remember that a key was used; `keep_uses` writes it down."""
        if key.key_id is not None:
            with self._noting:
                self._uses[key.key_id] = now.replace(second=0, microsecond=0)

    def refresh(self) -> None:
        """Look whether keys were made or revoked, and if so read them.

        Raises:
            DatabaseUnavailable: SQL cannot be read; what is held stays.
        """
        with self._refreshing:
            if self._store.state() == self._held.state:
                return
            state, stored = self._store.unrevoked()
            self._held = self._holding(state, [each.admitted() for each in stored])

    def keep_uses(self, *, now: datetime, at_once: bool = False) -> None:
        """Write down when keys were last used, once in a while.

        Args:
            now: The time.
            at_once: Whether to do it now in any case.

        Raises:
            DatabaseUnavailable, StorageFull: It is tried again the next time.
        """
        with self._noting:
            waited = self._noted_at is None or now - self._noted_at >= NOTED_EVERY
            if not self._uses or not (waited or at_once):
                return
            uses = dict(self._uses)
        self._store.used(uses)
        with self._noting:
            self._noted_at = now
            for key_id, at in uses.items():
                if self._uses.get(key_id) == at:
                    del self._uses[key_id]

    def follow(self, clock: Callable[[], datetime]) -> None:
        """Do both; called again and again. Raises as they do."""
        self.refresh()
        self.keep_uses(now=clock())

    def _holding(self, state: State | None, made: Sequence[ApiKey]) -> _Held:
        keys = {self._tag(key.digest): key for key in (*made, *self._configured)}
        ever = state is not None and state.newest > 0
        return _Held(state, keys, needed=self._always or ever)

    def _tag(self, digest: bytes) -> bytes:
        return hmac.digest(self._secret, digest, "sha256")
