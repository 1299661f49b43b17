"""HTTP connections that do not wait for ever for whoever opened them."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""How long a request line and headers may take: they are a packet or two."""

GRACE_SECONDS = 5.0
"""How much longer than a body may take, so that who sends too slowly is told so before."""


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, which has no limit on how long a request may take to arrive.

    A connection is closed when the headers of a request have not arrived within HEAD_SECONDS of its
    first byte (of the first request: of connecting), or all of it within `whole_seconds`, however
    many bytes came in between. Subclassed by `patient`.
    """

    whole_seconds: float = 60.0

    _timer: asyncio.TimerHandle | None = None
    _since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait(whole=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and see whether they completed what was waited for."""
        super().data_received(data)
        match self.conn.their_state:
            case h11.IDLE:
                self._wait(whole=False)
            case h11.SEND_BODY:
                self._wait(whole=True)
            case _:
                self._stop()

    def _wait(self, *, whole: bool) -> None:
        now = self.loop.time()
        self._since = now if self._since is None else self._since
        until = self._since + (self.whole_seconds + GRACE_SECONDS if whole else HEAD_SECONDS)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(until, self._close)

    def _stop(self) -> None:
        self._since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def patient(whole_seconds: float) -> type[Any]:
    """Make the protocol with a limit for a whole request, in seconds."""
    return type("Patient", (PatientProtocol,), {"whole_seconds": whole_seconds})
