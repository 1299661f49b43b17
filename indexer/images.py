"""Fetching pictures from addresses that strangers wrote down.

What is refused, and where each rule is held:

- Schemes other than http, https and `data:`, names and passwords in the URL, and a step down from
  https to http in a redirect: before anything is looked up.
- Addresses that are not public (`indexer.addresses`): the host name is resolved once for a
  connection, every answer is judged, and the connection goes to a judged address, not to the name.
  A second look-up that answers differently therefore gains nothing, nor do numeric spellings such
  as "http://2130706433/". Each redirect starts anew, so it is held to the same rules.
- Content above the size limit, counted as it arrives and as it is unpacked; what Content-Length
  says can only shorten this.
- Time: one limit spans look-up, connection, every redirect and the last byte, so a host that sends
  a byte now and then cannot hold a fetch longer than a silent one.

Any port is allowed: shops do serve pictures on 8080 and 8443, and the rule that matters, which
machines may be spoken to, is held on the address.

This speaks through httpcore, the layer beneath httpx's client, because there are no proxies from
the environment, no cookies, no passwords from .netrc, no automatic redirects and no unbounded
unpacking to be switched off, and because it lets the connection be made here.
"""

import re
import ssl
import threading
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import httpcore
import httpx

from indexer import data_urls
from indexer.errors import PictureError, PictureForbidden, PictureUnavailable
from indexer.network import CheckedNetwork, Deadline, Resolver, resolve

MAX_URL_CHARACTERS = 8_192
"""Of an http or https URL; servers commonly refuse longer ones themselves."""

# A name in ASCII, or an IPv6 address; httpx lets percent escapes through, which no host has.
_HOST = re.compile(r"[0-9a-z._-]+|[0-9a-f:.]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A busy or restarting host, and a picture that has been announced before it was uploaded.
_WORTH_RETRYING = frozenset({404, 408, 425, 429})


class PictureFetcher:
    """Fetches pictures by URL; safe for many threads, and keeps nothing between fetches.

    Args:
        allow_private: Whether addresses that are not public may be spoken to. This lifts the whole
            check, link-local and loopback included; it is for shops whose picture host is inside.
        max_bytes: Of one picture, unpacked; also of what a `data:` URL holds.
        timeout: For one picture, from look-up to last byte, redirects included.
        batch_timeout: For one `fetch_many`; what has not arrived by then is unavailable. By default
            three times `timeout`.
        max_redirects: Followed at most.
        parallel: Pictures fetched at a time by one `fetch_many`.
        resolver: Turns a host name and a port into addresses.
        network: Opens the sockets.
        tls: Whom to trust; the certificates that ship with httpx by default.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        max_bytes: int = 10_000_000,
        timeout: timedelta = timedelta(seconds=10),
        batch_timeout: timedelta | None = None,
        max_redirects: int = 3,
        parallel: int = 8,
        resolver: Resolver = resolve,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._batch_timeout = 3 * timeout if batch_timeout is None else batch_timeout
        self._max_redirects = max_redirects
        self._parallel = parallel
        self._resolver = resolver
        self._network = network or httpcore.SyncBackend()
        # Made once: reading the certificates takes tens of milliseconds.
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        # A look-up cannot be cancelled, so one that hangs outlives its fetch; this bounds how many.
        self._lookups = threading.BoundedSemaphore(4 * parallel)

    def fetch(self, url: str) -> bytes:
        """Fetch one picture.

        Args:
            url: http, https or `data:`.

        Returns:
            At least one byte; whether it is a picture is for the decoder to find out.

        Raises:
            PictureForbidden: The URL, its address, a redirect or the size is not allowed, or the
                host refuses for good; trying again does not help.
            PictureUnavailable: The host cannot be reached, is too slow, or may have the picture
                later (404, 408, 425, 429, 5xx).
        """
        return self._fetch(url, Deadline.after(self._timeout))

    def fetch_many(self, urls: Sequence[str]) -> list[bytes | PictureError]:
        """Fetch pictures side by side, each URL once; takes no longer than the limit for a batch.

        Returns:
            For each URL, in order, its bytes or why there are none.
        """
        different = list(dict.fromkeys(urls))
        if not different:
            return []
        batch = Deadline.after(self._batch_timeout)
        with ThreadPoolExecutor(
            max_workers=min(self._parallel, len(different)), thread_name_prefix="picture"
        ) as pool:
            answers = pool.map(partial(self._attempt, batch=batch), different)
            by_url = dict(zip(different, answers, strict=True))
        return [by_url[url] for url in urls]

    def _attempt(self, url: str, *, batch: Deadline) -> bytes | PictureError:
        try:
            return self._fetch(url, batch.sooner(self._timeout))
        except PictureError as error:
            return error

    def _fetch(self, url: str, deadline: Deadline) -> bytes:
        if data_urls.is_data_url(url):
            return data_urls.content(url, max_bytes=self._max_bytes)
        place = _place(url)
        with self._pool(deadline) as pool:
            for _ in range(self._max_redirects + 1):
                with _translated(place), self._asked(pool, place) as answer:
                    target = _redirect(answer)
                    if target is None:
                        _refuse_status(place, answer.status)
                        return _body(answer, self._max_bytes)
                place = _redirected(place, target)
        raise PictureForbidden(f"more than {self._max_redirects} redirects, last to {place.host}")

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

    @contextmanager
    def _asked(
        self, pool: httpcore.ConnectionPool, place: httpx.URL
    ) -> Iterator[httpcore.Response]:
        """Send the request; the answer's head has arrived, its body has not."""
        url = httpcore.URL(
            scheme=place.raw_scheme, host=place.raw_host, port=place.port, target=place.raw_path
        )
        headers = [
            (b"Host", place.netloc),
            (b"User-Agent", b"kindred"),
            (b"Accept", b"image/jpeg, image/png, image/webp, image/gif, */*;q=0.1"),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
        ]
        with pool.stream("GET", url, headers=headers) as answer:
            yield answer


@contextmanager
def _translated(place: httpx.URL) -> Iterator[None]:
    """Turn what httpcore raises into this package's errors."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise PictureUnavailable(f"{place.host} was too slow; trying again may help") from error
    except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
        raise PictureUnavailable(
            f"{place.host} could not be read ({error}); trying again may help"
        ) from error
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
        raise PictureForbidden(f"{place.host} cannot be asked: {error}") from error


def _place(url: str) -> httpx.URL:
    """Take an http or https URL apart, or raise PictureForbidden."""
    if len(url) > MAX_URL_CHARACTERS:
        raise PictureForbidden(f"the URL is longer than {MAX_URL_CHARACTERS} characters")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise PictureForbidden(f"not a URL: {error}") from error
    return _allowed(parsed)


def _allowed(parsed: httpx.URL) -> httpx.URL:
    if parsed.scheme not in ("http", "https"):
        raise PictureForbidden(f"the scheme is {parsed.scheme!r}; http, https and data are allowed")
    if parsed.userinfo:
        raise PictureForbidden("the URL names a user or a password; they are never sent")
    # "shop.example." is the same host, but no certificate is made out to a name ending in a dot.
    host = parsed.raw_host.decode("ascii").removesuffix(".")
    if not _HOST.fullmatch(host):
        raise PictureForbidden(f"the URL names no host that could be: {host[:100]!r}")
    if parsed.port is not None and not 1 <= parsed.port <= 65_535:
        raise PictureForbidden(f"the port is {parsed.port}; 1 to 65535 are possible")
    return parsed if parsed.host[-1:] != "." else parsed.copy_with(host=host)


def _redirect(answer: httpcore.Response) -> bytes | None:
    """Where the answer sends on to, or None if it does not."""
    if answer.status not in _REDIRECTS:
        return None
    return _header(answer, b"location")


def _redirected(place: httpx.URL, target: bytes) -> httpx.URL:
    """Judge a redirect like a URL of its own."""
    try:
        following = place.join(target.decode())
    except (UnicodeDecodeError, httpx.InvalidURL) as error:
        raise PictureForbidden(f"{place.host} redirects to what is no URL: {error}") from error
    if place.scheme == "https" and following.scheme == "http":
        raise PictureForbidden(f"{place.host} redirects from https to http")
    return _allowed(following)


def _refuse_status(place: httpx.URL, status: int) -> None:
    """Raise unless the status is 200."""
    if status == httpx.codes.OK:
        return
    said = f"{place.host} answered {status}"
    if status in _WORTH_RETRYING or httpx.codes.is_server_error(status):
        raise PictureUnavailable(f"{said}; trying again may help")
    raise PictureForbidden(f"{said}; trying again does not help")


def _header(answer: httpcore.Response, wanted: bytes) -> bytes | None:
    return next((value for name, value in answer.headers if name.lower() == wanted), None)


def _body(answer: httpcore.Response, max_bytes: int) -> bytes:
    """Read the body, unpacked, as far as the limit goes."""
    too_large = PictureForbidden(f"the picture has more than {max_bytes} bytes")
    announced = _header(answer, b"content-length")
    if announced is not None and announced.isdigit() and int(announced) > max_bytes:
        raise too_large
    unpacked = _Unpacked(_header(answer, b"content-encoding"))
    held = bytearray()
    for chunk in answer.iter_stream():
        held += unpacked.take(chunk, at_most=max_bytes + 1 - len(held))
        if len(held) > max_bytes:
            raise too_large
    unpacked.finish()
    if not held:
        raise PictureUnavailable("the host answered with no bytes; trying again may help")
    return bytes(held)


class _Unpacked:
    """Undoes a Content-Encoding nobody asked for, never giving more than there is room for."""

    def __init__(self, encoding: bytes | None) -> None:
        named = (encoding or b"identity").strip().lower()
        if named not in (b"identity", b"gzip", b"x-gzip", b"deflate"):
            raise PictureForbidden(
                f"the host packs the picture as {named.decode('ascii', 'replace')!r} unasked"
            )
        # 32: zlib finds out from the first bytes whether they are gzip or zlib.
        self._packed = None if named == b"identity" else zlib.decompressobj(32 + zlib.MAX_WBITS)

    def take(self, chunk: bytes, *, at_most: int) -> bytes:
        """Unpack a chunk; what lies beyond `at_most` bytes is dropped, the caller then stops."""
        if self._packed is None:
            return chunk[:at_most]
        try:
            return self._packed.decompress(chunk, at_most)
        except zlib.error as error:
            raise PictureUnavailable(
                f"the picture cannot be unpacked ({error}); trying again may help"
            ) from error

    def finish(self) -> None:
        """Raise if what was packed ended too soon."""
        if self._packed is not None and not self._packed.eof:
            raise PictureUnavailable("the packed picture is cut short; trying again may help")
