"""Writes of the catalogue: from changes to receipts, and waiting until they are searchable."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.places import leave_place
from app.api.statuses import ItemStatusOut, arrived, state_of
from app.errors import Invalid, NotFound
from app.services import Services
from app.telemetry import Metrics
from indexer.catalogue import ItemStatus
from indexer.items import Change, Receipt, ReceiptStatus

FIRST_LOOK_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.1
"""An item takes some tens of milliseconds; looking costs one indexed read."""

FEW = 16
"""Up to here every status is read at each look; above, only those of items that have arrived."""

Wait = Annotated[
    Literal["searchable"] | None,
    Query(description="Answer only once the item is searchable, or `wait_seconds` are over."),
]
WaitSeconds = Annotated[
    float,
    Query(ge=0, le=30, allow_inf_nan=False, description="Longest to wait, with `wait`."),
]


class ReceiptOut(BaseModel):
    """What became of a write."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "operation_id": "5b1c6f0e-2f63-4c42-9c1e-7d3a1b0f9a11",
                    "item_id": "mug-1",
                    "status": "accepted",
                    "revision": 1,
                }
            ]
        }
    )

    operation_id: str | None = Field(description="For GET /v1/operations/{operation_id}.")
    item_id: str
    status: ReceiptStatus = Field(
        description="`accepted`: kept, and queued for the index; `unchanged`: the same is there "
        "already; `superseded`: a newer write came before; `absent`: there was nothing to delete; "
        "`invalid`: see `problem`."
    )
    revision: int | None = None
    problem: str | None = Field(None, description="For `invalid`: field, value and rule.")
    item: ItemStatusOut | None = Field(
        None, description="How far the item had come when waiting ended, if that was asked for."
    )

    @classmethod
    def of(cls, receipt: Receipt, item: ItemStatus | None = None) -> Self:
        """Write a receipt."""
        return cls(
            operation_id=receipt.operation_id,
            item_id=receipt.item_id,
            status=receipt.status,
            revision=receipt.revision,
            problem=receipt.problem,
            item=None if item is None else ItemStatusOut.of(item),
        )


def write(
    services: Services, metrics: Metrics, changes: Sequence[Change], *, now: datetime
) -> list[Receipt]:
    """Write changes, count what became of them, and wake the worker. Blocks."""
    receipts = services.catalogue.write(changes, now=now)
    for receipt in receipts:
        metrics.written(receipt.status)
    if any(receipt.status == "accepted" for receipt in receipts):
        services.wake_worker()
    return receipts


def write_one(services: Services, metrics: Metrics, change: Change, *, now: datetime) -> Receipt:
    """Write one change. Blocks.

    Raises:
        Invalid: It breaks a rule.
    """
    receipt = write(services, metrics, [change], now=now)[0]
    if receipt.status == "invalid":
        raise Invalid(receipt.problem or "The change breaks a rule.")
    return receipt


def must_exist(receipt: Receipt) -> Receipt:
    """Raise NotFound for a receipt that says there was nothing to change."""
    if receipt.status == "absent":
        raise NotFound(f"There is no item {receipt.item_id!r}.")
    return receipt


async def answered(
    services: Services,
    receipt: Receipt,
    response: Response,
    *,
    wait: Literal["searchable"] | None,
    wait_seconds: float,
) -> ReceiptOut:
    """Answer a write at once, or wait; the status is 200 once the index holds what was written."""
    if wait is None or receipt.status == "absent":
        return ReceiptOut.of(receipt)
    statuses = await settled(services, [receipt.item_id], seconds=wait_seconds)
    status = statuses.get(receipt.item_id)
    if status is not None and arrived(status):
        response.status_code = 200
    return ReceiptOut.of(receipt, status)


async def settled(
    services: Services, item_ids: Sequence[str], *, seconds: float
) -> dict[str, ItemStatus]:
    """Wait until items arrive or are set aside, or the time is over; return their statuses."""
    leave_place()  # waiting is no work, and the worker may need what others are to write
    deadline = time.monotonic() + seconds
    pause = FIRST_LOOK_SECONDS
    found: dict[str, ItemStatus] = {}
    moving = list(dict.fromkeys(item_ids))
    while moving:
        looked = await run_in_threadpool(_look, services, moving)
        found |= looked
        moving = [
            each for each in moving if each not in looked or state_of(looked[each]) == "received"
        ]
        left = deadline - time.monotonic()
        if left <= 0:
            break
        await asyncio.sleep(min(left, pause) if moving else 0)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    return found


def _look(services: Services, item_ids: Sequence[str]) -> dict[str, ItemStatus]:
    """Read statuses; of many items only those that have become searchable, found in two reads."""
    if len(item_ids) > FEW:
        keys = services.catalogue.keys_of(item_ids)
        rows = services.catalogue.candidates(keys.values())
        item_ids = [
            row.item.item_id for row in rows.values() if row.indexed_revision == row.revision
        ]
    looked = {item_id: services.catalogue.status(item_id) for item_id in item_ids}
    return {item_id: status for item_id, status in looked.items() if status is not None}
