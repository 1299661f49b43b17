"""Whether the service lives, what of it is ready, and its counters.

These need no key, so that load balancers and scrapers work without one; they tell versions, models
and counts, and nothing of the catalogue or of people.
"""

from datetime import datetime
from typing import Literal, Self

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field

from app.api.bodies import PromptRoute
from app.api.context import MetricsOf, Now, ServicesOf
from app.readiness import ModelInUse, Readiness
from indexer.errors import IndexerError
from indexer.queue import QueueDepth

router = APIRouter(tags=["health"], route_class=PromptRoute)


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class ModelOut(BaseModel):
    """A model the live index was built with."""

    space: str
    model: str
    training: str | None = Field(
        description="trained, untrained (seeded noise), hash, or learned (from what people did)."
    )
    state: Literal["loading", "ready", "failed", "elsewhere"] = Field(
        description="Whether this process has it loaded; `elsewhere` when it has no need to."
    )
    problem: str | None

    @classmethod
    def of(cls, model: ModelInUse) -> Self:
        """Write a model."""
        return cls(
            space=model.space,
            model=model.model,
            training=model.training,
            state=model.state,
            problem=model.problem,
        )


class QueueOut(BaseModel):
    """How much waits to be indexed, and how long."""

    waiting: int
    set_aside: int = Field(description="Given up until `kindred queue retry`.")
    oldest: datetime | None = Field(description="When the oldest waiting item was queued.")
    oldest_seconds: float = Field(description="Its age; 0 when none waits.")

    @classmethod
    def of(cls, depth: QueueDepth, now: datetime) -> Self:
        """Write the queue's depth."""
        age = 0.0 if depth.oldest is None else (now - depth.oldest).total_seconds()
        return cls(
            waiting=depth.waiting,
            set_aside=depth.set_aside,
            oldest=depth.oldest,
            oldest_seconds=max(age, 0.0),
        )


class Ready(BaseModel):
    """What is up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "database": "sqlite 3.46.0",
                    "index": "milvus-lite 2.5.1",
                    "index_loading": None,
                    "generation": 3,
                    "models": [
                        {
                            "space": "text",
                            "model": "all-MiniLM-L6-v2",
                            "training": "trained",
                            "state": "ready",
                            "problem": None,
                        }
                    ],
                    "queue": {
                        "waiting": 0,
                        "set_aside": 0,
                        "oldest": None,
                        "oldest_seconds": 0.0,
                    },
                    "worker": "thread",
                    "problems": [],
                }
            ]
        }
    )

    status: Literal["ready", "degraded", "down"] = Field(
        description="`degraded`: answers come, some from popularity alone; `down` (503): the "
        "database cannot be reached."
    )
    database: str | None = Field(description="Name and version; null when it cannot be reached.")
    index: str | None = Field(description="Version; null when it cannot be reached.")
    index_loading: float | None = Field(description="Share loaded; null when it is not loading.")
    generation: int | None = Field(description="The live index.")
    models: list[ModelOut]
    queue: QueueOut | None
    worker: Literal["thread", "elsewhere", "none"]
    problems: list[str] = Field(description="What is wrong, and what to do.")

    @classmethod
    def of(cls, readiness: Readiness, now: datetime) -> Self:
        """Write what is up."""
        return cls(
            status=readiness.status,
            database=readiness.database,
            index=readiness.index,
            index_loading=readiness.index_loading,
            generation=readiness.generation,
            models=[ModelOut.of(model) for model in readiness.models],
            queue=None if readiness.queue is None else QueueOut.of(readiness.queue, now),
            worker=readiness.worker,
            problems=list(readiness.problems),
        )


@router.get("/health/live", operation_id="get_live", summary="Whether the process answers")
async def get_live() -> Alive:
    """Answer without looking at anything."""
    return Alive()


@router.get(
    "/health/ready",
    operation_id="get_ready",
    summary="What is up",
    responses={503: {"model": Ready, "description": "The database cannot be reached."}},
)
def get_ready(services: ServicesOf, now: Now, response: Response) -> Ready:
    """Look at every part, within their time-outs: 200 when ready or degraded, 503 when down."""
    readiness = services.readiness(now=now)
    if readiness.status == "down":
        response.status_code = 503
    return Ready.of(readiness, now)


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus's text form."}},
)
def get_metrics(services: ServicesOf, metrics: MetricsOf, now: Now) -> Response:
    """Write the counters; those of the queue are read for every scrape."""
    depth: QueueDepth | None
    try:
        depth, trained_at = services.queue.depth(), services.trained_at()
    except IndexerError:  # kindred_database_up says so
        depth, trained_at = None, None
    page = metrics.page(
        depth,
        generation=services.generation,
        trained_at=trained_at,
        log_dropped=services.log.dropped,
        now=now,
    )
    return Response(page, media_type=CONTENT_TYPE_LATEST)
