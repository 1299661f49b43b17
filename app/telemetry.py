"""What Kindred says of itself: structured logs, and counters for Prometheus."""

import logging
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TextIO

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from structlog.typing import Processor

from app.settings import Settings
from app.strain_metrics import StrainMetrics
from indexer.queue import QueueDepth

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Bucket bounds: a webhook should answer within .05, a person's list within a few tenths."""

Level = Literal["debug", "info", "warning", "error"]


def configure_logging(
    settings: Settings, *, stream: TextIO | None = None, least: Level | None = None
) -> None:
    """Send every log, ours and the libraries', to one stream in one form.

    Args:
        settings: `log_level` and `log_format`.
        stream: Where to; standard error by default.
        least: A level to use instead of `log_level`, for commands that talk to people.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    rendering: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if settings.log_format == "json":
        rendering += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        # The default one prints what variables held, people's ids and their words among it.
        plain = structlog.dev.plain_traceback
        rendering.append(structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain))
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendering)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel((least or settings.log_level).upper())
    # httpx logs every picture's address at INFO; addresses can carry what a shop holds private.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # so that a second configuration is obeyed
    )


class Metrics:
    """Counters and gauges of one app, in a registry of their own so that many apps can coexist.

    Labels take few values by construction: route templates, never paths; sources, never ids.

    Attributes:
        strain: Those of load and of broken parts.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.strain = StrainMetrics(self.registry)
        self._requests = Counter(
            "kindred_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kindred_http_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._writes = Counter(
            "kindred_catalogue_writes",
            "Changes of the catalogue by what became of them.",
            ("status",),
            registry=self.registry,
        )
        self._interactions = Counter(
            "kindred_interactions",
            "Interactions by what became of them.",
            ("status",),
            registry=self.registry,
        )
        self._recommended = Counter(
            "kindred_recommended_items",
            "Items recommended, by list and source.",
            ("list", "source"),
            registry=self.registry,
        )
        self._shortfalls = Counter(
            "kindred_shortfalls",
            "Answers that what was asked for alone did not fill, by list and reason.",
            ("list", "reason"),
            registry=self.registry,
        )
        self._scenario_answers = Counter(
            "kindred_scenario_answers",
            "Answers made under a scenario, by list and by who chose it: the request or a rule.",
            ("list", "chosen_by"),
            registry=self.registry,
        )
        self._scenario_gaps = Counter(
            "kindred_scenario_answers_without_part",
            "Answers for which part of their scenario could not be used any more.",
            ("list",),
            registry=self.registry,
        )
        self._pair_counts = Counter(
            "kindred_together_counts",
            "Counts of what goes together by this process, by outcome: counted or failed.",
            ("outcome",),
            registry=self.registry,
        )
        self._pairs = Gauge(
            "kindred_together_pairs",
            "Rows of the last count of what goes together by this process, by kind of basket.",
            ("kind",),
            registry=self.registry,
        )
        self._embed_seconds = Histogram(
            "kindred_embedding_seconds",
            "Time one batch took in a model.",
            ("space",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._embedded = Counter(
            "kindred_embedded_contents",
            "Contents a model read, by whether a vector came of it (embedded) or not (broken).",
            ("space", "outcome"),
            registry=self.registry,
        )
        self._index_seconds = Histogram(
            "kindred_index_seconds",
            "Time calls of the vector index took that succeeded.",
            ("operation",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._index_failures = Counter(
            "kindred_index_failures",
            "Calls of the vector index that failed, after its retries.",
            ("operation",),
            registry=self.registry,
        )
        self._rows = Counter(
            "kindred_index_rows_written",
            "Items written to the vector index, rebuilds included.",
            registry=self.registry,
        )
        self._generation = Gauge(
            "kindred_index_generation",
            "The generation that answers; 0 while none does, and popularity answers alone.",
            registry=self.registry,
        )
        self._trained = Gauge(
            "kindred_trained_timestamp_seconds",
            "When what the live index knows of behaviour was learned; 0 when it knows nothing.",
            registry=self.registry,
        )
        self._waiting = Gauge(
            "kindred_queue_waiting", "Items waiting to be indexed.", registry=self.registry
        )
        self._set_aside = Gauge(
            "kindred_queue_set_aside",
            "Items given up until `kindred queue retry`.",
            registry=self.registry,
        )
        self._oldest = Gauge(
            "kindred_queue_oldest_seconds",
            "Age of the oldest waiting item; 0 when none waits.",
            registry=self.registry,
        )
        self._database_up = Gauge(
            "kindred_database_up",
            "Whether the database could be read for this scrape.",
            registry=self.registry,
        )
        self._log_dropped = Gauge(
            "kindred_recommendation_log_dropped",
            "Answers that were not logged since the start, because the log could not keep up.",
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by its route's template."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def written(self, status: str) -> None:
        """Count what became of a change of the catalogue."""
        self._writes.labels(status).inc()

    def interacted(self, status: str) -> None:
        """Count what became of an interaction."""
        self._interactions.labels(status).inc()

    def recommended(self, listing: str, source: str) -> None:
        """Count a recommended item."""
        self._recommended.labels(listing, source).inc()

    def fell_short(self, listing: str, reason: str) -> None:
        """Count a reason why an answer was not filled by vector search alone."""
        self._shortfalls.labels(listing, reason).inc()

    def under_scenario(self, listing: str, chosen_by: str, *, whole: bool) -> None:
        """Count an answer made under a scenario, and whether the whole of it could be used."""
        self._scenario_answers.labels(listing, chosen_by).inc()
        if not whole:
            self._scenario_gaps.labels(listing).inc()

    def paired(self, pairs: Mapping[str, int] | None) -> None:
        """Count a count of what goes together; None where it failed."""
        self._pair_counts.labels("failed" if pairs is None else "counted").inc()
        for kind, rows in (pairs or {}).items():
            self._pairs.labels(kind).set(rows)

    def embedded(self, space: str, *, present: int, broken: int, seconds: float) -> None:
        """Count a batch a model has read."""
        self._embed_seconds.labels(space).observe(seconds)
        self._embedded.labels(space, "embedded").inc(present)
        self._embedded.labels(space, "broken").inc(broken)

    def index_answered(self, operation: str, seconds: float) -> None:
        """Count a call of the vector index that succeeded."""
        self._index_seconds.labels(operation).observe(seconds)

    def index_failed(self, operation: str) -> None:
        """Count a call of the vector index that failed."""
        self._index_failures.labels(operation).inc()

    def wrote_rows(self, rows: int) -> None:
        """Count items written to the vector index."""
        self._rows.inc(rows)

    def page(
        self,
        depth: QueueDepth | None,
        *,
        generation: int | None,
        trained_at: datetime | None,
        log_dropped: int,
        now: datetime,
    ) -> bytes:
        """Write everything in Prometheus's text form.

        Args:
            depth: The queue's, or None when the database cannot be read.
            generation: The one that answers, or None.
            trained_at: When the live index's behaviour was learned, or None.
            log_dropped: Answers the recommendation log dropped.
            now: From which ages are counted.
        """
        self._database_up.set(depth is not None)
        self._log_dropped.set(log_dropped)
        self._generation.set(generation or 0)
        self._trained.set(0.0 if trained_at is None else trained_at.timestamp())
        if depth is not None:
            self._waiting.set(depth.waiting)
            self._set_aside.set(depth.set_aside)
            age = 0.0 if depth.oldest is None else (now - depth.oldest).total_seconds()
            self._oldest.set(max(age, 0.0))
        return generate_latest(self.registry)
