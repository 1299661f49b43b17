"""Requests that are timed and noted."""

import threading
import time
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import httpx

from bench.soak.faults import Faults
from bench.soak.tape import Tape

PATIENCE = 0.2
"""Seconds before what was not acknowledged is sent again, unless Retry-After says longer."""

LONGEST = 5.0
"""Seconds a Retry-After is heeded at most: the run is short."""


Sent = Mapping[str, Any]
NOTHING: Sent = MappingProxyType({})


class Caller:
    """One client with a connection of its own; for one thread."""

    def __init__(self, url: str, tape: Tape, faults: Faults, over: threading.Event) -> None:
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._tape = tape
        self._faults = faults
        self._over = over

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def call(
        self,
        route: str,
        path: str,
        *,
        expect: Collection[int] = (200,),
        params: Mapping[str, Any] | None = None,
        sent: Sent = NOTHING,
    ) -> httpx.Response | None:
        """Send one request; return its answer if its status is expected, None otherwise.

        Args:
            route: Method and template, by which it is noted.
            path: To ask.
            expect: Statuses that are as they should be.
            params: Of the URL.
            sent: As httpx takes it: json, content, headers, auth.
        """
        answer, wait = self._asked(route, path, expect, params, sent)
        if answer is None:
            self._over.wait(wait)
        return answer

    def insist(
        self, route: str, path: str, sent: Sent = NOTHING, *, expect: Collection[int] = (202,)
    ) -> httpx.Response | None:
        """Send a write again until it is acknowledged; None only when the run ended before."""
        while True:
            answer, wait = self._asked(route, path, expect, None, sent)
            if answer is not None:
                return answer
            if self._over.wait(wait):
                return None

    def _asked(
        self,
        route: str,
        path: str,
        expect: Collection[int],
        params: Mapping[str, Any] | None,
        sent: Sent,
    ) -> tuple[httpx.Response | None, float]:
        began = time.monotonic()
        try:
            answer = self._client.request(method_of(route), path, params=params, **sent)
        except httpx.TransportError as error:
            why, wait = type(error).__name__, PATIENCE
        else:
            ended = time.monotonic()
            if answer.status_code in expect:
                disturbed = self._faults.touch(began, ended)
                self._tape.answered(route, ended - began, disturbed=disturbed)
                return answer, 0.0
            why = str(answer.status_code)
            wait = min(float(answer.headers.get("Retry-After", PATIENCE)), LONGEST)
        self._tape.failed(route, why, disturbed=self._faults.touch(began, time.monotonic()))
        return None, wait


def method_of(route: str) -> str:
    """Read the method of "GET /v1/items", or of "refused: GET /v1/items"."""
    return route.rpartition(" /")[0].split()[-1]
