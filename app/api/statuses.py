"""How far an item or an operation has come."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from app.api.bodies import Route
from app.api.context import ServicesOf
from app.api.fields import ItemId
from app.api.keys import Needs
from app.api.problems import documented
from app.errors import NotFound
from indexer.catalogue import ItemStatus, SpaceStatus

router = APIRouter(prefix="/v1", tags=["items"], route_class=Route)

State = Literal["received", "searchable", "removed", "set_aside"]
OperationId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")]


class SpaceStatusOut(BaseModel):
    """How one space of an item stands."""

    space: str
    model: str = Field(description="Which model and weights made the vector.")
    embedded_at: datetime
    current: bool = Field(description="Whether it was made from the item's newest content.")
    present: bool = Field(description="False when there was nothing (readable) to embed.")
    problem: str | None = None

    @classmethod
    def of(cls, status: SpaceStatus, revision: int) -> Self:
        """Write a space's status, `revision` being the item's."""
        return cls(
            space=status.space,
            model=status.model,
            embedded_at=status.embedded_at,
            current=status.revision >= revision,
            present=status.present,
            problem=status.problem,
        )


class ItemStatusOut(BaseModel):
    """How far an item's newest content has come."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "item_id": "mug-1",
                    "state": "searchable",
                    "revision": 1,
                    "received_at": "2026-05-04T09:30:00Z",
                    "embedded": [
                        {
                            "space": "text",
                            "model": "all-MiniLM-L6-v2",
                            "embedded_at": "2026-05-04T09:30:00.210Z",
                            "current": True,
                            "present": True,
                        }
                    ],
                    "searchable_at": "2026-05-04T09:30:00.260Z",
                    "attempts": 0,
                }
            ]
        }
    )

    item_id: str
    state: State = Field(
        description="`received`: kept, and waiting or being worked on; `searchable`: the newest "
        "content is in the index; `removed`: deleted, and out of the index; `set_aside`: given up "
        "after repeated failures until somebody retries it."
    )
    revision: int = Field(description="Grows with every change of content.")
    received_at: datetime
    deleted_at: datetime | None = None
    embedded: list[SpaceStatusOut] = Field(description="One entry a space.")
    searchable_at: datetime | None = Field(
        None, description="When content of it was last confirmed in the index."
    )
    attempts: int = Field(description="How often the newest content was tried without success.")
    problem: str | None = Field(None, description="Why the last try failed.")
    set_aside_at: datetime | None = None

    @classmethod
    def of(cls, status: ItemStatus) -> Self:
        """Write an item's status."""
        return cls(
            item_id=status.item_id,
            state=state_of(status),
            revision=status.revision,
            received_at=status.received_at,
            deleted_at=status.deleted_at,
            embedded=[SpaceStatusOut.of(each, status.revision) for each in status.spaces],
            searchable_at=status.searchable_at,
            attempts=status.attempts,
            problem=status.problem,
            set_aside_at=status.set_aside_at,
        )


class OperationOut(BaseModel):
    """A write, and how far it has come."""

    operation_id: str
    item_id: str
    kind: str = Field(description="What was asked for: put, patch or delete.")
    status: str = Field(description="What became of it when it arrived, as in its receipt.")
    received_at: datetime
    done: bool = Field(description="Whether the index holds what it wrote, or something newer.")
    item: ItemStatusOut | None = Field(description="How far the item has come by now.")


def state_of(status: ItemStatus) -> State:
    """Say how far an item has come in one word."""
    if status.deleted_at is not None and status.indexed_revision is None:
        return "removed"
    if status.deleted_at is None and holds(status, status.revision):
        return "searchable"
    return "received" if status.set_aside_at is None else "set_aside"


def holds(status: ItemStatus, revision: int) -> bool:
    """Say whether the index holds a revision, or something newer."""
    return status.indexed_revision is not None and status.indexed_revision >= revision


def arrived(status: ItemStatus) -> bool:
    """Say whether the newest write has reached the index."""
    return state_of(status) in {"searchable", "removed"}


@router.get(
    "/items/{item_id}/status",
    operation_id="get_item_status",
    summary="How far an item has come",
    dependencies=[Depends(Needs("read", "write"))],
    responses=documented(NotFound),
    response_model_exclude_none=True,
)
def get_item_status(services: ServicesOf, item_id: ItemId) -> ItemStatusOut:
    """Received, embedded per space, searchable: each with its time, or the problem.

    A deleted item keeps its status, so that one can see it leave the index.
    """
    status = services.catalogue.status(item_id)
    if status is None:
        raise NotFound(f"There is no item {item_id!r}.")
    return ItemStatusOut.of(status)


@router.get(
    "/operations/{operation_id}",
    operation_id="get_operation",
    summary="How far a write has come",
    dependencies=[Depends(Needs("read", "write"))],
    responses=documented(NotFound),
    response_model_exclude_none=True,
)
def get_operation(services: ServicesOf, operation_id: OperationId) -> OperationOut:
    """Ask by the `operation_id` of a receipt; operations are kept for some days."""
    operation = services.catalogue.operation(operation_id)
    if operation is None:
        raise NotFound(f"There is no operation {operation_id!r}; they are forgotten in time.")
    status = services.catalogue.status(operation.item_id)
    return OperationOut(
        operation_id=operation.operation_id,
        item_id=operation.item_id,
        kind=operation.kind,
        status=operation.status,
        received_at=operation.received_at,
        done=status is not None and (arrived(status) or holds(status, operation.revision)),
        item=None if status is None else ItemStatusOut.of(status),
    )
