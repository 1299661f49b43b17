"""Fetching pictures by the rules of `indexer.fetching`: many side by side, or out of a data URL."""

import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Literal

import httpcore

from indexer import data_urls
from indexer.errors import (
    FetchForbidden,
    FetchUnavailable,
    HostSilent,
    PictureError,
    PictureForbidden,
    PictureUnavailable,
)
from indexer.fetching import MAX_URL_CHARACTERS, Fetcher
from indexer.hosts import Hosts
from indexer.network import Deadline, Resolver, resolve

__all__ = ["MAX_URL_CHARACTERS", "Outcome", "PictureFetcher"]

Outcome = Literal["fetched", "forbidden", "unavailable", "spared"]
"""What became of a picture; `spared`: its host was not asked, as it did not answer others."""


class PictureFetcher:
    """Fetches pictures by URL; safe for many threads.

    Between fetches it keeps nothing but which hosts did not answer: those are left alone for a
    while, so that the others' pictures, and items without any, do not wait for them.

    Args:
        allow_private: Whether addresses that are not public may be spoken to. This lifts the whole
            check, link-local and loopback included; it is for shops whose picture host is inside.
        max_bytes: Of one picture, unpacked; also of what a `data:` URL holds.
        timeout: For one picture, from look-up to last byte, redirects included.
        batch_timeout: For one `fetch_many`; what has not arrived by then is unavailable. By default
            three times `timeout`.
        max_redirects: Followed at most.
        parallel: Pictures fetched at a time by one `fetch_many`.
        hosts: Tell which hosts are left alone for a while, as they did not answer.
        tell: Told what became of each picture of a `fetch_many`.
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
        hosts: Hosts | None = None,
        tell: Callable[[Outcome], None] | None = None,
        resolver: Resolver = resolve,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._batch_timeout = 3 * timeout if batch_timeout is None else batch_timeout
        self._parallel = parallel
        self._hosts = hosts or Hosts()
        self._tell = tell
        self._fetcher = Fetcher(
            "picture",
            allow_private=allow_private,
            max_bytes=max_bytes,
            max_redirects=max_redirects,
            lookups=4 * parallel,
            accept="image/jpeg, image/png, image/webp, image/gif, */*;q=0.1",
            resolver=resolver,
            network=network,
            tls=tls,
        )

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
        outcome: Outcome = "fetched"
        answer: bytes | PictureError
        try:
            answer = self._fetch(url, batch.sooner(self._timeout), batch)
        except _Spared as error:
            outcome, answer = "spared", PictureUnavailable(str(error))
        except PictureUnavailable as error:
            outcome, answer = "unavailable", error
        except PictureError as error:
            outcome, answer = "forbidden", error
        if self._tell is not None:
            self._tell(outcome)
        return answer

    def _fetch(self, url: str, deadline: Deadline, batch: Deadline | None = None) -> bytes:
        if data_urls.is_data_url(url):
            return data_urls.content(url, max_bytes=self._max_bytes)
        breaker = self._hosts.of(url)
        if not breaker.admits():
            raise _Spared("its host did not answer a moment ago; trying again may help")
        held = bytearray()
        try:
            self._fetcher.fetch(url, deadline, held.extend)
        except FetchForbidden as error:
            raise PictureForbidden(str(error)) from error
        except FetchUnavailable as error:
            # What a batch had no time left for says nothing of its host.
            if not isinstance(error, HostSilent):
                breaker.succeeded()
            elif deadline is not batch:
                breaker.failed()
            raise PictureUnavailable(str(error)) from error
        breaker.succeeded()
        return bytes(held)


class _Spared(PictureUnavailable):
    """The host was not asked."""
