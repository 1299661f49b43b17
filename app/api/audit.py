"""The audit log over HTTP: who administered what."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.access.audit import Entry
from app.api import cursors
from app.api.bodies import Route
from app.api.context import ServicesOf
from app.api.cursors import Cursor
from app.api.keys import Needs
from app.api.problems import documented

router = APIRouter(prefix="/v1", tags=["audit"], route_class=Route)


class EntryOut(BaseModel):
    """One thing that was done."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-05-04T09:30:00Z",
                    "actor": "ops",
                    "key_id": 3,
                    "action": "scenario.put",
                    "target": "december",
                    "request_id": "0b5c9c2e6f3e4a5d8f6b1c2d3e4f5a6b",
                    "detail": {"version": 4},
                }
            ]
        }
    )

    at: datetime
    actor: str | None = Field(
        description="Name of the key; `command line (login)`; null where no key is needed."
    )
    key_id: int | None = Field(description="Number of the key, if `kindred keys` made it.")
    action: str
    target: str | None = Field(description="Name or id of what it was done to.")
    request_id: str | None = Field(description="As in the logs; null on the command line.")
    detail: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Write an entry."""
        done = entry.action
        return cls(
            at=entry.at,
            actor=done.actor.name,
            key_id=done.actor.key_id,
            action=done.action,
            target=done.target,
            request_id=done.actor.request_id,
            detail=dict(done.detail),
        )


class AuditOut(BaseModel):
    """Some entries, newest first, and where to go on."""

    entries: list[EntryOut]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")


@router.get(
    "/audit",
    operation_id="list_audit",
    summary="List who administered what",
    dependencies=[Depends(Needs("admin"))],
    responses=documented(),
)
def list_audit(
    services: ServicesOf,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    action: Annotated[
        str | None, Query(max_length=64, description="Only this one, such as `scenario.put`.")
    ] = None,
    actor: Annotated[
        str | None, Query(max_length=128, description="Only by the key of this name.")
    ] = None,
) -> AuditOut:
    """Every change of scenarios and keys, and what was done on the command line, newest first."""
    found = services.audit.page(
        limit=limit + 1,
        before=None if cursor is None else cursors.read(cursor),
        action=action,
        actor=actor,
    )
    more = len(found) > limit
    return AuditOut(
        entries=[EntryOut.of(each) for each in found[:limit]],
        next_cursor=cursors.written(found[limit - 1].entry) if more else None,
    )
