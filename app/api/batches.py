"""Many items in one request."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from starlette.concurrency import run_in_threadpool

from app.api.bodies import Route
from app.api.context import MetricsOf, Now, ServicesOf
from app.api.field_errors import field_errors, sentence
from app.api.item_bodies import EXAMPLE, ItemBody
from app.api.keys import Needs
from app.api.problems import BODY_PROBLEMS, documented
from app.api.receipts import Wait, WaitSeconds, settled, write
from app.api.statuses import State, state_of
from app.services import Services
from app.telemetry import Metrics
from indexer.items import Put, Receipt, ReceiptStatus

MAX_BATCH = 1_000

router = APIRouter(prefix="/v1", tags=["items"], route_class=Route)


class Batch(BaseModel):
    """Many items; each is checked on its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE]}]})

    items: Annotated[
        list[Annotated[Any, WithJsonSchema({"$ref": "#/components/schemas/ItemBody"})]],
        Field(min_length=1, max_length=MAX_BATCH),
    ]


class BatchResult(BaseModel):
    """What became of one item of a batch."""

    index: int = Field(description="Its place in the request, from 0.")
    item_id: str | None = Field(None, description="Left out if it could not be read.")
    status: ReceiptStatus = Field(description="As in the receipt of a single write.")
    operation_id: str | None = None
    revision: int | None = None
    problem: str | None = Field(None, description="For `invalid`: field, value and rule.")
    state: State | None = Field(None, description="How far it had come when waiting ended.")

    @classmethod
    def of(cls, index: int, receipt: Receipt) -> Self:
        """Write a receipt."""
        return cls(
            index=index,
            item_id=receipt.item_id,
            status=receipt.status,
            operation_id=receipt.operation_id,
            revision=receipt.revision,
            problem=receipt.problem,
        )


class BatchReceipt(BaseModel):
    """What became of each item, in the order of the request."""

    accepted: int = Field(description="How many were kept and queued.")
    invalid: int = Field(description="How many broke a rule; the others landed all the same.")
    results: list[BatchResult]


@router.post(
    "/items:batch",
    operation_id="put_items",
    summary="Create or replace up to 1,000 items",
    status_code=202,
    dependencies=[Depends(Needs("write"))],
    responses=documented(*BODY_PROBLEMS)
    | {200: {"model": BatchReceipt, "description": "Waited, and all valid items are searchable."}},
    response_model_exclude_none=True,
)
async def put_items(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    response: Response,
    body: Batch,
    wait: Wait = None,
    wait_seconds: WaitSeconds = 10,
) -> BatchReceipt:
    """Items that break a rule are reported one by one; the others land, in one transaction."""
    results = await run_in_threadpool(_written, services, metrics, body.items, now=now)
    landed = [each.item_id for each in results if each.status != "invalid" and each.item_id]
    if wait is not None and landed:
        statuses = await settled(services, landed, seconds=wait_seconds)
        states = {item_id: state_of(status) for item_id, status in statuses.items()}
        results = [
            each.model_copy(update={"state": states.get(each.item_id or "")}) for each in results
        ]
        if all(states.get(item_id) == "searchable" for item_id in landed):
            response.status_code = 200
    return BatchReceipt(
        accepted=sum(each.status == "accepted" for each in results),
        invalid=sum(each.status == "invalid" for each in results),
        results=results,
    )


def _written(
    services: Services, metrics: Metrics, items: Sequence[object], *, now: datetime
) -> list[BatchResult]:
    """Write what can be read of a batch; every item has a result, in order. Blocks."""
    results: dict[int, BatchResult] = {}
    readable: dict[int, ItemBody] = {}
    for index, given in enumerate(items):
        try:
            readable[index] = ItemBody.model_validate(given)
        except ValidationError as error:
            item_id = given.get("item_id") if isinstance(given, dict) else None
            metrics.written("invalid")
            results[index] = BatchResult(
                index=index,
                item_id=item_id if isinstance(item_id, str) else None,
                status="invalid",
                problem=sentence(field_errors(error.errors(), root=f"items.{index}")),
            )
    changes = [Put(body.item(body.item_id), as_of=now) for body in readable.values()]
    receipts = write(services, metrics, changes, now=now) if changes else []
    for index, receipt in zip(readable, receipts, strict=True):
        results[index] = BatchResult.of(index, receipt)
    return [results[index] for index in range(len(items))]
