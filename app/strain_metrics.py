"""Counters of strain: what was turned away, what does not answer, and how full it is."""

from collections.abc import Callable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

from indexer.breaker import Breaker
from indexer.errors import DatabaseUnavailable, ModelUnavailable, StorageFull, StoreUnavailable

Part = Literal["database", "disk", "index", "memory", "model"]
"""What a request can have failed for."""


_PARTS: tuple[tuple[type[Exception], Part], ...] = (
    (DatabaseUnavailable, "database"),
    (StorageFull, "disk"),
    (StoreUnavailable, "index"),
    (MemoryError, "memory"),
    (ModelUnavailable, "model"),
)


def part_of(error: Exception) -> Part | None:
    """Say which part failed, if it was one."""
    return next((part for kind, part in _PARTS if isinstance(error, kind)), None)


class StrainMetrics:
    """Counters and gauges of load and of broken parts, in the registry of an app's others."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._turned_away = Counter(
            "kindred_requests_turned_away",
            "Requests told to come back, by reason: queue_full, or waited too long.",
            ("reason",),
            registry=registry,
        )
        self._in_work = Gauge("kindred_requests_in_work", "Requests in work.", registry=registry)
        self._waiting = Gauge(
            "kindred_requests_waiting", "Requests that wait for their turn.", registry=registry
        )
        self._failures = Counter(
            "kindred_part_failures",
            "Requests that could not be answered because a part failed, by part.",
            ("part",),
            registry=registry,
        )
        self._open = Gauge(
            "kindred_breaker_open",
            "Whether a part is left alone at present, as it did not answer.",
            ("part",),
            registry=registry,
        )
        self._refused = Gauge(
            "kindred_breaker_refused",
            "Calls of a part that were not tried since the start, as it did not answer others.",
            ("part",),
            registry=registry,
        )
        self._pictures = Counter(
            "kindred_pictures",
            "Pictures asked for, by outcome: fetched, forbidden, unavailable, or spared.",
            ("outcome",),
            registry=registry,
        )
        self._stopped = Gauge(
            "kindred_indexing_stopped",
            "Whether this process should index and cannot at present.",
            registry=registry,
        )
        self._disk = Gauge(
            "kindred_disk_free_bytes",
            "What may still be written under KINDRED_DATA_DIR.",
            registry=registry,
        )
        self._rested = Counter(
            "kindred_bulk_rest_seconds",
            "Time rebuilds rested to leave the machine to people.",
            registry=registry,
        )

    def turned_away(self, reason: str) -> None:
        """Count a request that found no place."""
        self._turned_away.labels(reason).inc()

    def failed(self, part: Part) -> None:
        """Count a request that could not be answered because a part failed."""
        self._failures.labels(part).inc()

    def fetched(self, outcome: str) -> None:
        """Count what became of a picture."""
        self._pictures.labels(outcome).inc()

    def rested(self, seconds: float) -> None:
        """Count time a rebuild left to people."""
        self._rested.inc(seconds)

    def watch_places(self, taken: Callable[[], int], waiting: Callable[[], int]) -> None:
        """Read how many requests are in work, and wait, whenever it is asked for."""
        self._in_work.set_function(taken)
        self._waiting.set_function(waiting)

    def watch_breaker(self, part: Part, breaker: Breaker) -> None:
        """Read a breaker whenever it is asked for."""
        self._open.labels(part).set_function(lambda: breaker.is_open)
        self._refused.labels(part).set_function(lambda: breaker.refused)

    def watch_indexing(self, stopped: Callable[[], bool]) -> None:
        """Read whether indexing is at a standstill whenever it is asked for."""
        self._stopped.set_function(stopped)

    def watch_disk(self, free: Callable[[], int]) -> None:
        """Read the room left whenever it is asked for."""
        self._disk.set_function(free)
