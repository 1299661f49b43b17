"""Which hosts do not answer at present: a breaker for each, of as many as were asked last."""

from datetime import timedelta
from urllib.parse import urlsplit

from indexer.breaker import FAILURES, Breaker
from indexer.cache import LastUsed

REMEMBERED = 1_000
"""Hosts; anyone who can write an item can name one."""

REST = timedelta(seconds=30)
"""A batch with pictures of a host that is away takes its whole time-out, but only so often."""


class Hosts:
    """Breakers by host; safe for many threads.

    Args:
        failures: In a row, after which a host is left alone.
        rest: How long; then one fetch tries.
    """

    def __init__(self, failures: int = FAILURES, rest: timedelta = REST) -> None:
        self._failures = failures
        self._rest = rest
        self._breakers: LastUsed[str, Breaker] = LastUsed(REMEMBERED)

    def of(self, url: str) -> Breaker:
        """Return the breaker of a URL's host and port; of what is no URL, one of their own."""
        try:
            host = urlsplit(url).netloc.rpartition("@")[2].lower()
        except ValueError:
            host = ""
        found = self._breakers.find([host]).get(host)
        if found is None:
            # Two threads may each make one; the later stays, and a failure or two goes uncounted.
            found = Breaker(self._failures, self._rest)
            self._breakers.hold({host: found})
        return found
