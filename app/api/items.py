"""The catalogue over HTTP: put, read, change, delete, list."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.api import cursors
from app.api.bodies import Route
from app.api.context import MetricsOf, Now, ServicesOf
from app.api.cursors import Cursor
from app.api.fields import ItemId
from app.api.item_bodies import ItemOut, ItemPatch, ItemReplacement
from app.api.keys import Needs
from app.api.problems import BODY_PROBLEMS, documented
from app.api.receipts import (
    ReceiptOut,
    Wait,
    WaitSeconds,
    answered,
    must_exist,
    write_one,
)
from app.errors import Gone, Invalid, NotFound
from app.services import Services
from indexer.items import Delete, Patch, Put

DONE: dict[int | str, dict[str, Any]] = {
    200: {"model": ReceiptOut, "description": "Waited, and the item is searchable."}
}

router = APIRouter(prefix="/v1", tags=["items"], route_class=Route)
reads = Depends(Needs("read"))
writes = Depends(Needs("write"))


class Page(BaseModel):
    """Some items, and where to go on."""

    items: list[ItemOut]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")


@router.put(
    "/items/{item_id}",
    operation_id="put_item",
    summary="Create an item or replace all of it",
    status_code=202,
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS) | DONE,
    response_model_exclude_none=True,
)
async def put_item(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    response: Response,
    item_id: ItemId,
    body: ItemReplacement,
    wait: Wait = None,
    wait_seconds: WaitSeconds = 10,
) -> ReceiptOut:
    """Answer 202 as soon as the item is safe; it becomes searchable a moment later.

    Whether the item was there before makes no difference to the answer. With `wait=searchable` the
    answer is 200 once it is searchable, or 202 when `wait_seconds` are over before that.
    """
    if body.item_id not in {None, item_id}:
        raise Invalid(f"The body's item_id {body.item_id!r} is not the path's {item_id!r}.")
    change = Put(body.item(item_id), as_of=now)
    receipt = await run_in_threadpool(write_one, services, metrics, change, now=now)
    return await answered(services, receipt, response, wait=wait, wait_seconds=wait_seconds)


@router.patch(
    "/items/{item_id}",
    operation_id="patch_item",
    summary="Change some fields of an item",
    status_code=202,
    dependencies=[writes],
    responses=documented(*BODY_PROBLEMS, NotFound) | DONE,
    response_model_exclude_none=True,
)
async def patch_item(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    response: Response,
    item_id: ItemId,
    body: ItemPatch,
    wait: Wait = None,
    wait_seconds: WaitSeconds = 10,
) -> ReceiptOut:
    """Fields left out stay as they are; attributes are replaced as a whole."""
    if not body.model_fields_set:
        raise Invalid("The body names no field to change.")
    change = Patch(item_id, body.fields(), as_of=now)
    receipt = must_exist(await run_in_threadpool(write_one, services, metrics, change, now=now))
    return await answered(services, receipt, response, wait=wait, wait_seconds=wait_seconds)


@router.delete(
    "/items/{item_id}",
    operation_id="delete_item",
    summary="Delete an item",
    status_code=202,
    dependencies=[writes],
    responses=documented(NotFound) | DONE,
    response_model_exclude_none=True,
)
async def delete_item(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    response: Response,
    item_id: ItemId,
    wait: Wait = None,
    wait_seconds: WaitSeconds = 10,
) -> ReceiptOut:
    """It is in no answer from now on; `wait=searchable` waits until the index knows, too.

    Deleting what was never there is a 404, but keeps writes dated before now from creating it.
    """
    receipt = must_exist(
        await run_in_threadpool(write_one, services, metrics, Delete(item_id, as_of=now), now=now)
    )
    return await answered(services, receipt, response, wait=wait, wait_seconds=wait_seconds)


@router.get(
    "/items/{item_id}",
    operation_id="get_item",
    summary="Read an item",
    dependencies=[reads],
    responses=documented(NotFound, Gone),
)
def get_item(services: ServicesOf, item_id: ItemId) -> ItemOut:
    """Read an item as it was last written, whether it is searchable yet or not."""
    stored = services.catalogue.get(item_id)
    if stored is None:
        raise gone_or_never_there(services, item_id)
    return ItemOut.of(stored)


@router.get(
    "/items",
    operation_id="list_items",
    summary="List items",
    dependencies=[reads],
    responses=documented(),
)
def list_items(
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> Page:
    """List items in the order they first arrived; items written meanwhile disturb no page."""
    after = 0 if cursor is None else cursors.read(cursor)
    # One more than asked for tells whether there is a next page.
    found = services.catalogue.page(after=after, limit=limit + 1)
    more = len(found) > limit
    return Page(
        items=[ItemOut.of(stored) for stored in found[:limit]],
        next_cursor=cursors.written(found[limit - 1].key) if more else None,
    )


def gone_or_never_there(services: Services, item_id: str) -> Gone | NotFound:
    """Say why there is no item by that id."""
    status = services.catalogue.status(item_id)
    if status is not None and status.deleted_at is not None:
        return Gone(f"The item {item_id!r} was deleted at {status.deleted_at.isoformat()}.")
    return NotFound(f"There is no item {item_id!r}.")
