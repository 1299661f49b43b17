"""Fetching from addresses that strangers wrote down.

What is refused, and where each rule is held:

- Schemes other than http and https, names and passwords in the URL, and a step down from https to
  http in a redirect: before anything is looked up.
- Addresses that are not public (`indexer.addresses`): the host name is resolved once for a
  connection, every answer is judged, and the connection goes to a judged address, not to the name.
  A second look-up that answers differently therefore gains nothing, nor do numeric spellings such
  as "http://2130706433/". Each redirect starts anew, so it is held to the same rules.
- Content above the size limit, counted as it arrives and as it is unpacked; what Content-Length
  says can only shorten this.
- Time: one limit spans look-up, connection, every redirect and the last byte, so a host that sends
  a byte now and then cannot hold a fetch longer than a silent one.

Any port is allowed: shops do serve on 8080 and 8443, and the rule that matters, which machines may
be spoken to, is held on the address.

This speaks through httpcore, the layer beneath httpx's client, because there are no proxies from
the environment, no cookies, no passwords from .netrc, no automatic redirects and no unbounded
unpacking to be switched off, and because it lets the connection be made here.
"""

import re
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore
import httpx

from indexer.errors import FetchForbidden, FetchUnavailable, HostSilent
from indexer.network import CheckedNetwork, Deadline, Resolver, resolve

MAX_URL_CHARACTERS = 8_192
"""Of an http or https URL; servers commonly refuse longer ones themselves."""

# A name in ASCII, or an IPv6 address; httpx lets percent escapes through, which no host has.
_HOST = re.compile(r"[0-9a-z._-]+|[0-9a-f:.]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A busy or restarting host, and something that has been announced before it was uploaded.
_WORTH_RETRYING = frozenset({404, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host said besides the content.

    Attributes:
        modified: Whether there was content: False when it is as the request's conditions said.
        headers: By lower-case name.
        size: Bytes of content, unpacked.
    """

    modified: bool
    headers: Mapping[str, str]
    size: int


class Fetcher:
    """Fetches by URL; safe for many threads, and keeps nothing between fetches.

    Args:
        what: What is fetched, for messages: "picture".
        allow_private: Whether addresses that are not public may be spoken to. This lifts the whole
            check, link-local and loopback included.
        max_bytes: Of the content, unpacked.
        max_redirects: Followed at most.
        lookups: Look-ups under way at most.
        accept: The header Accept.
        resolver: Turns a host name and a port into addresses.
        network: Opens the sockets.
        tls: Whom to trust; the certificates that ship with httpx by default.
    """

    def __init__(
        self,
        what: str,
        *,
        allow_private: bool,
        max_bytes: int,
        max_redirects: int,
        lookups: int = 4,
        accept: str = "*/*",
        resolver: Resolver = resolve,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._what = what
        self._allow_private = allow_private
        self._max_bytes = max_bytes
        self._max_redirects = max_redirects
        self._accept = accept.encode("ascii")
        self._resolver = resolver
        self._network = network or httpcore.SyncBackend()
        # Made once: reading the certificates takes tens of milliseconds.
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        # A look-up cannot be cancelled, so one that hangs outlives its fetch; this bounds how many.
        self._lookups = threading.BoundedSemaphore(lookups)

    def fetch(
        self,
        url: str,
        deadline: Deadline,
        take: Callable[[bytes], object],
        *,
        conditions: Mapping[str, str] | None = None,
    ) -> Answer:
        """Fetch what is at an address.

        Args:
            url: http or https.
            deadline: When it has to be over.
            take: Given the content piece by piece; on an error some pieces may have been given.
            conditions: Headers under which nothing new is to be sent (If-None-Match).

        Raises:
            FetchForbidden: The URL, its address, a redirect or the size is not allowed, or the
                host refuses for good; trying again does not help.
            FetchUnavailable: The host may have it later (404, 408, 425, 429, 5xx).
            HostSilent: The host cannot be reached, or is too slow.
        """
        place = _place(url)
        headers = [
            (b"User-Agent", b"kindred"),
            (b"Accept", self._accept),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
            *((name.encode(), value.encode()) for name, value in (conditions or {}).items()),
        ]
        with self._pool(deadline) as pool:
            for _ in range(self._max_redirects + 1):
                with _translated(place), _asked(pool, place, headers) as answer:
                    target = _redirect(answer)
                    if target is None:
                        return self._taken(answer, place, take, conditional=bool(conditions))
                place = _redirected(place, target)
        raise FetchForbidden(f"more than {self._max_redirects} redirects, last to {place.host}")

    def _pool(self, deadline: Deadline) -> httpcore.ConnectionPool:
        network = CheckedNetwork(
            self._network,
            self._resolver,
            self._lookups,
            deadline,
            allow_private=self._allow_private,
        )
        return httpcore.ConnectionPool(
            ssl_context=self._tls, network_backend=network, max_keepalive_connections=0
        )

    def _taken(
        self,
        answer: httpcore.Response,
        place: httpx.URL,
        take: Callable[[bytes], object],
        *,
        conditional: bool,
    ) -> Answer:
        """Read the body, unpacked, as far as the limit goes."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in answer.headers
        }
        if conditional and answer.status == httpx.codes.NOT_MODIFIED:
            return Answer(modified=False, headers=headers, size=0)
        _refuse_status(place, answer.status)
        too_large = FetchForbidden(f"the {self._what} has more than {self._max_bytes} bytes")
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced) > self._max_bytes:
            raise too_large
        unpacked = _Unpacked(self._what, headers.get("content-encoding", "identity"))
        size = 0
        for chunk in answer.iter_stream():
            piece = unpacked.take(chunk, at_most=self._max_bytes + 1 - size)
            size += len(piece)
            if size > self._max_bytes:
                raise too_large
            take(piece)
        unpacked.finish()
        if not size:
            raise FetchUnavailable("the host answered with no bytes; trying again may help")
        return Answer(modified=True, headers=headers, size=size)


@contextmanager
def _asked(
    pool: httpcore.ConnectionPool, place: httpx.URL, headers: list[tuple[bytes, bytes]]
) -> Iterator[httpcore.Response]:
    """Send the request; the answer's head has arrived, its body has not."""
    url = httpcore.URL(
        scheme=place.raw_scheme, host=place.raw_host, port=place.port, target=place.raw_path
    )
    with pool.stream("GET", url, headers=[(b"Host", place.netloc), *headers]) as answer:
        yield answer


@contextmanager
def _translated(place: httpx.URL) -> Iterator[None]:
    """Turn what httpcore raises into this package's errors."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise HostSilent(f"{place.host} was too slow; trying again may help") from error
    except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
        silent = isinstance(error, httpcore.NetworkError)
        kind = HostSilent if silent else FetchUnavailable
        raise kind(f"{place.host} could not be read ({error}); trying again may help") from error
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
        raise FetchForbidden(f"{place.host} cannot be asked: {error}") from error


def _place(url: str) -> httpx.URL:
    """Take an http or https URL apart, or raise FetchForbidden."""
    if len(url) > MAX_URL_CHARACTERS:
        raise FetchForbidden(f"the URL is longer than {MAX_URL_CHARACTERS} characters")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchForbidden(f"not a URL: {error}") from error
    return _allowed(parsed)


def _allowed(parsed: httpx.URL) -> httpx.URL:
    if parsed.scheme not in ("http", "https"):
        raise FetchForbidden(f"the scheme is {parsed.scheme!r}; http and https are fetched")
    if parsed.userinfo:
        raise FetchForbidden("the URL names a user or a password; they are never sent")
    # "shop.example." is the same host, but no certificate is made out to a name ending in a dot.
    host = parsed.raw_host.decode("ascii").removesuffix(".")
    if not _HOST.fullmatch(host):
        raise FetchForbidden(f"the URL names no host that could be: {host[:100]!r}")
    if parsed.port is not None and not 1 <= parsed.port <= 65_535:
        raise FetchForbidden(f"the port is {parsed.port}; 1 to 65535 are possible")
    return parsed if parsed.host[-1:] != "." else parsed.copy_with(host=host)


def _redirect(answer: httpcore.Response) -> bytes | None:
    """Where the answer sends on to, or None if it does not."""
    if answer.status not in _REDIRECTS:
        return None
    return next((value for name, value in answer.headers if name.lower() == b"location"), None)


def _redirected(place: httpx.URL, target: bytes) -> httpx.URL:
    """Judge a redirect like a URL of its own."""
    try:
        following = place.join(target.decode())
    except (UnicodeDecodeError, httpx.InvalidURL) as error:
        raise FetchForbidden(f"{place.host} redirects to what is no URL: {error}") from error
    if place.scheme == "https" and following.scheme == "http":
        raise FetchForbidden(f"{place.host} redirects from https to http")
    return _allowed(following)


def _refuse_status(place: httpx.URL, status: int) -> None:
    """Raise unless the status is 200."""
    if status == httpx.codes.OK:
        return
    said = f"{place.host} answered {status}"
    if status in _WORTH_RETRYING or httpx.codes.is_server_error(status):
        raise FetchUnavailable(f"{said}; trying again may help")
    raise FetchForbidden(f"{said}; trying again does not help")


class _Unpacked:
    """Undoes a Content-Encoding nobody asked for, never giving more than there is room for."""

    def __init__(self, what: str, encoding: str) -> None:
        self._what = what
        named = encoding.strip().lower() or "identity"
        if named not in ("identity", "gzip", "x-gzip", "deflate"):
            raise FetchForbidden(f"the host packs the {what} as {named!r} unasked")
        # 32: zlib finds out from the first bytes whether they are gzip or zlib.
        self._packed = None if named == "identity" else zlib.decompressobj(32 + zlib.MAX_WBITS)

    def take(self, chunk: bytes, *, at_most: int) -> bytes:
        """Unpack a chunk; what lies beyond `at_most` bytes is dropped, the caller then stops."""
        if self._packed is None:
            return chunk[:at_most]
        try:
            return self._packed.decompress(chunk, at_most)
        except zlib.error as error:
            raise FetchUnavailable(
                f"the {self._what} cannot be unpacked ({error}); trying again may help"
            ) from error

    def finish(self) -> None:
        """Raise if what was packed ended too soon."""
        if self._packed is not None and not self._packed.eof:
            raise FetchUnavailable(f"the packed {self._what} is cut short; trying again may help")
