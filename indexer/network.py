"""Connections that go only where they may, and end in time."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import httpcore

from indexer.addresses import refusal
from indexer.errors import FetchForbidden, FetchUnavailable, HostSilent

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to addresses, best first; raises OSError, or UnicodeError for no possible name."""

# A host may list hundreds of addresses; trying them all would only spend the time limit.
_ADDRESSES_TRIED = 4
# Of one address, so that a dead one leaves time for the next.
_CONNECT_SECONDS = 3.0


def resolve(host: str, port: int) -> list[str]:
    """Look a host up the way the system does; numeric spellings ("0x7f.1") become addresses."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something has to be over, on the monotonic clock."""

    at: float
    length: float

    @classmethod
    def after(cls, length: timedelta) -> "Deadline":
        """The deadline that is this long from now."""
        return cls(time.monotonic() + length.total_seconds(), length.total_seconds())

    def sooner(self, length: timedelta) -> "Deadline":
        """This deadline, or the one `length` from now if that comes first."""
        other = Deadline.after(length)
        return self if self.at < other.at else other

    def left(self) -> float:
        """Seconds left, above 0; raises HostSilent when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise HostSilent(f"not done within {self.length:g} seconds; trying again may help")
        return left


class CheckedNetwork(httpcore.NetworkBackend):
    """Opens connections for one fetch: looks up, judges every address, connects to a judged one.

    Args:
        inner: Opens the sockets; it is given addresses, never names.
        resolver: Looks up host names.
        lookups: Bounds the look-ups under way, this fetch's and others'.
        deadline: For everything done over these connections.
        allow_private: Whether to let every address pass.
    """

    def __init__(
        self,
        inner: httpcore.NetworkBackend,
        resolver: Resolver,
        lookups: threading.Semaphore,
        deadline: Deadline,
        *,
        allow_private: bool,
    ) -> None:
        self._inner = inner
        self._resolver = resolver
        self._lookups = lookups
        self._deadline = deadline
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 -- the deadline takes its place
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that may be spoken to and answers."""
        failure: Exception | None = None
        for address in self._judged(host, port):
            try:
                stream = self._inner.connect_tcp(
                    address,
                    port,
                    timeout=min(_CONNECT_SECONDS, self._deadline.left()),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise HostSilent(
            f"{host} does not accept connections on port {port}; trying again may help"
        ) from failure

    def _judged(self, host: str, port: int) -> list[str]:
        addresses = self._addresses(host, port)
        if self._allow_private:
            return addresses[:_ADDRESSES_TRIED]
        refusals = {address: refusal(address) for address in addresses}
        public = [address for address in addresses if refusals[address] is None]
        if not public:
            # The address itself stays unsaid: it would tell strangers what a name means inside.
            kinds = ", ".join(sorted({str(kind) for kind in refusals.values()}))
            raise FetchForbidden(
                f"{host} has no public address ({kinds}); "
                "addresses inside the network need the setting that allows them"
            )
        return public[:_ADDRESSES_TRIED]

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass  # a name, or a number in a spelling the resolver will read
        answer = self._lookup(host, port)
        try:
            found = list(answer.result(timeout=self._deadline.left()))
        except TimeoutError:
            found = []
            self._deadline.left()
        except UnicodeError as error:
            raise FetchForbidden(f"{host[:100]!r} cannot be a host name") from error
        except OSError as error:
            raise HostSilent(
                f"{host} is not known ({error.strerror}); trying again may help"
            ) from error
        if not found:
            raise HostSilent(f"{host} has no address; trying again may help")
        return found

    def _lookup(self, host: str, port: int) -> Future[Sequence[str]]:
        """Look up in a thread of its own, because a look-up knows no time limit.

        The thread is a daemon so that one which hangs does not hold up the end of the process.
        """
        answer: Future[Sequence[str]] = Future()
        if not self._lookups.acquire(timeout=self._deadline.left()):
            raise FetchUnavailable("too many look-ups hang; trying again may help")

        def look_up() -> None:
            try:
                answer.set_result(self._resolver(host, port))
            except (OSError, UnicodeError) as error:
                answer.set_exception(error)
            finally:
                self._lookups.release()

        threading.Thread(target=look_up, name="lookup", daemon=True).start()
        return answer


class _TimedStream(httpcore.NetworkStream):
    """A connection on which no single step outlasts what is left of the deadline.

    The time limits httpcore hands in are for single steps; the deadline takes their place.
    """

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 -- see above
        return self._inner.read(max_bytes, timeout=self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 -- see above
        self._inner.write(buffer, timeout=self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 -- the deadline takes its place
    ) -> httpcore.NetworkStream:
        try:
            left = self._deadline.left()
        except FetchUnavailable:
            self._inner.close()
            raise
        secured = self._inner.start_tls(ssl_context, server_hostname, timeout=left)
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- what httpcore declares
        return self._inner.get_extra_info(info)
