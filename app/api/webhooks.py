"""The catalogue's webhook: what changed in the shop, signed by the Standard Webhooks scheme."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.bodies import Route
from app.api.context import MetricsOf, Now, ServicesOf
from app.api.fields import ItemId, Moment, Printable
from app.api.item_bodies import EXAMPLE, ItemBody
from app.api.keys import SignedOrWrites
from app.api.problems import BODY_PROBLEMS, documented
from app.api.receipts import ReceiptOut, Wait, WaitSeconds, answered, write_one
from app.errors import Invalid
from indexer.items import Delete, Put

TOLERANCE = timedelta(minutes=5)
"""How far a sender's clock may be ahead; a time further on would outrank every later write."""

router = APIRouter(prefix="/v1", tags=["webhooks"], route_class=Route)

WebhookId = Annotated[
    Printable | None,
    Header(
        alias="webhook-id",
        min_length=1,
        max_length=256,
        description="The sender's id of the event; the same id twice is one operation.",
    ),
]


class Deleted(BaseModel):
    """A deleted item; other fields are let through, as senders may send the item as it was."""

    model_config = ConfigDict(extra="ignore")

    item_id: ItemId


class Created(BaseModel):
    """An item that was created or changed; both write all of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"type": "item.created", "timestamp": "2026-05-04T09:30:00Z", "data": EXAMPLE}
            ]
        }
    )

    type: Literal["item.created", "item.updated"]
    timestamp: Moment = Field(description="When it happened; older news never overwrites newer.")
    data: ItemBody


class Removed(BaseModel):
    """An item that was deleted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "item.deleted",
                    "timestamp": "2026-05-04T09:30:00Z",
                    "data": {"item_id": "mug-1"},
                }
            ]
        }
    )

    type: Literal["item.deleted"]
    timestamp: Moment = Field(description="When it happened; older news never overwrites newer.")
    data: Deleted


CatalogEvent = Annotated[Created | Removed, Field(discriminator="type")]

_SIGNATURE: dict[str, Any] = {
    "parameters": [
        {
            "name": name,
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": f"{what} Needed where KINDRED_WEBHOOK_SECRET is set, with webhook-id.",
        }
        for name, what in (
            ("webhook-timestamp", "Seconds since 1970, within five minutes of now."),
            ("webhook-signature", "`v1,` and the base64 of the signature; several by spaces."),
        )
    ]
}


@router.post(
    "/webhooks/catalog",
    operation_id="receive_catalog_event",
    summary="Take in a change of the shop's catalogue",
    status_code=202,
    dependencies=[Depends(SignedOrWrites())],
    responses=documented(*BODY_PROBLEMS)
    | {200: {"model": ReceiptOut, "description": "Waited, and the item is searchable."}},
    response_model_exclude_none=True,
    openapi_extra=_SIGNATURE,
)
async def receive_catalog_event(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    response: Response,
    event: CatalogEvent,
    webhook_id: WebhookId = None,
    wait: Wait = None,
    wait_seconds: WaitSeconds = 10,
) -> ReceiptOut:
    """Answer 202 once the change is safe in the database; the item is searchable a moment later.

    `item.created` and `item.updated` do the same: the whole item is written, whether or not it was
    there. Where a secret is configured the signature is enough, and no key is asked for.
    """
    _check_time(event.timestamp, now)
    change: Put | Delete
    if isinstance(event, Created):
        item = event.data.item(event.data.item_id)
        change = Put(item, as_of=event.timestamp, webhook_id=webhook_id)
    else:
        change = Delete(event.data.item_id, as_of=event.timestamp, webhook_id=webhook_id)
    receipt = await run_in_threadpool(write_one, services, metrics, change, now=now)
    return await answered(services, receipt, response, wait=wait, wait_seconds=wait_seconds)


def _check_time(timestamp: datetime, now: datetime) -> None:
    if timestamp - now > TOLERANCE:
        raise Invalid(
            f"timestamp {timestamp.isoformat()} is more than five minutes ahead of this machine's "
            f"clock, {now.isoformat(timespec='seconds')}."
        )
