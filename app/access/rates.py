"""How often a key may call: a bucket of tokens for each, refilled evenly.

Buckets are of one process and are lost with it: nothing has to be shared or asked, and who calls
two processes may call twice as often.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.values import Rate

POLICY = "key"
"""What headers call the limit."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left.

    Attributes:
        rate: The limit.
        remaining: Calls that could follow at once, 0 or more.
        full_in: Seconds until as many are left as there can be, rounded up.
        wait: Seconds until one call is allowed, rounded up; None if this one was.
    """

    rate: Rate
    remaining: int
    full_in: int
    wait: int | None

    def headers(self) -> dict[str, str]:
        """Say so in the fields of draft-ietf-httpapi-ratelimit-headers (structured, RFC 9651)."""
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.rate.requests};w={self.rate.seconds}',
            "RateLimit": f'"{POLICY}";r={self.remaining};t={self.full_in}',
        }


class RateLimits:
    """Buckets by name; safe for many threads.

    Args:
        clock: Gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, who: str, rate: Rate) -> Allowance:
        """Take a token for a call, if there is one.

        Args:
            who: Of whom there are few: one bucket stays for each.
            rate: Of the bucket; another than the last time holds at once.
        """
        refill = rate.requests / rate.seconds
        with self._lock:
            now = self._clock()
            left, at = self._buckets.get(who, (float(rate.requests), now))
            left = min(float(rate.requests), left + max(0.0, now - at) * refill)
            allowed = left >= 1
            left -= 1 if allowed else 0
            self._buckets[who] = (left, now)
        return Allowance(
            rate,
            remaining=math.floor(left),
            full_in=math.ceil((rate.requests - left) / refill),
            wait=None if allowed else max(1, math.ceil((1 - left) / refill)),
        )
