"""What people do, over HTTP: one interaction, or up to 1,000."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictStr,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from app.api.bodies import Route
from app.api.context import MetricsOf, Now, ServicesOf
from app.api.events import KINDS, VALUE, Value, check_value, checked_kind, checked_time
from app.api.field_errors import field_errors, sentence
from app.api.fields import ItemId, Moment, Token, UserId
from app.api.keys import Needs
from app.api.problems import BODY_PROBLEMS, documented
from app.errors import Invalid
from app.interactions.interaction import Ignored, Interaction
from app.services import Services
from app.telemetry import Metrics

MAX_BATCH = 1_000

router = APIRouter(prefix="/v1", tags=["interactions"], route_class=Route)

EXAMPLE: dict[str, Any] = {
    "user_id": "ana",
    "item_id": "mug-1",
    "type": "purchase",
    "value": 2,
    "timestamp": "2026-05-04T09:30:00Z",
    "session_id": "s-81",
    "interaction_id": "order-1001-1",
    "recommendation_id": "0b5c9c2e-6f3e-4a5d-8f6b-1c2d3e4f5a6b",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What checking an interaction depends on: the kinds there are, and the time."""

    kinds: tuple[str, ...]
    now: datetime


class InteractionBody(BaseModel):
    """Something a person did with an item. The item need not exist yet; it counts once it does."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    user_id: UserId
    item_id: ItemId
    type: StrictStr = Field(description=KINDS)
    value: Value | None = Field(None, description=VALUE)
    timestamp: Moment | None = Field(None, description="When; by default now.")
    session_id: Token | None = None
    interaction_id: Token | None = Field(
        None, description="Your id of it; the same id is the same interaction, counted once."
    )
    recommendation_id: Token | None = Field(
        None, description="Of the answer it followed, if it did."
    )

    @field_validator("type")
    @classmethod
    def _kind(cls, value: str, info: ValidationInfo) -> str:
        return checked_kind(value, _known(info).kinds)

    @field_validator("timestamp")
    @classmethod
    def _past(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        return None if value is None else checked_time(value, _known(info).now)

    @model_validator(mode="after")
    def _valued(self) -> "InteractionBody":
        check_value(self.type, self.value)
        return self

    def interaction(self, now: datetime) -> Interaction:
        """Make it an interaction; without a timestamp it happened now."""
        return Interaction(
            user_id=self.user_id,
            item_id=self.item_id,
            kind=self.type,
            value=self.value,
            happened_at=self.timestamp or now,
            session_id=self.session_id,
            interaction_id=self.interaction_id,
            recommendation_id=self.recommendation_id,
        )


_ONE = InteractionBody.model_json_schema()
_MANY = {"type": "array", "items": _ONE, "minItems": 1, "maxItems": MAX_BATCH}
_SCHEMA: dict[str, Any] = {"title": "Interactions", "anyOf": [_ONE, _MANY]}


class InteractionResult(BaseModel):
    """What became of one interaction."""

    index: int = Field(description="Its place in the request, from 0.")
    status: Literal["recorded", "duplicate", "ignored", "invalid"]
    item_known: bool | None = Field(
        None, description="Whether the item exists; if not, it counts once it does."
    )
    why: Ignored | None = Field(
        None,
        description="For `ignored`: the person opted out of personalisation, was erased after it "
        "happened, or it is older than its kind is kept.",
    )
    problem: str | None = Field(None, description="For `invalid`: field, value and rule.")


class InteractionReceipts(BaseModel):
    """What became of each interaction, in the order of the request."""

    recorded: int
    duplicates: int = Field(description="Those whose interaction_id was there already.")
    ignored: int = Field(description="Those of which nothing may be kept.")
    invalid: int = Field(description="Those that broke a rule; the others were recorded.")
    results: list[InteractionResult]


@router.post(
    "/interactions",
    operation_id="record_interactions",
    summary="Record what people did",
    status_code=202,
    dependencies=[Depends(Needs("write"))],
    responses=documented(*BODY_PROBLEMS),
    response_model_exclude_none=True,
)
def record_interactions(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    body: Annotated[
        object,
        Body(openapi_examples={"one": {"value": EXAMPLE}, "many": {"value": [EXAMPLE]}}),
        WithJsonSchema(_SCHEMA),
    ],
) -> InteractionReceipts:
    """Take one interaction, or a list; they are kept before the answer and count at once.

    Of a list, those that break a rule are reported one by one and the others are recorded. A single
    one that breaks a rule is a 422.
    """
    if isinstance(body, list):
        if not 1 <= len(body) <= MAX_BATCH:
            raise Invalid(f"The list holds {len(body):,}; send 1 to {MAX_BATCH:,} interactions.")
        roots = [str(index) for index in range(len(body))]
        results = _recorded(services, metrics, body, roots, now=now)
    else:
        results = _recorded(services, metrics, [body], [""], now=now)
        if results[0].problem is not None:
            raise Invalid(results[0].problem)
    counts = {
        status: sum(each.status == status for each in results)
        for status in ("recorded", "duplicate", "ignored", "invalid")
    }
    return InteractionReceipts(
        recorded=counts["recorded"],
        duplicates=counts["duplicate"],
        ignored=counts["ignored"],
        invalid=counts["invalid"],
        results=results,
    )


def _recorded(
    services: Services,
    metrics: Metrics,
    given: Sequence[object],
    roots: Sequence[str],
    *,
    now: datetime,
) -> list[InteractionResult]:
    """Record those that are valid; every one has a result, in order.

    Args:
        services: Keep them.
        metrics: Count them.
        given: As they came.
        roots: What each one's fields are called after in its problem.
        now: For those without a timestamp.
    """
    known = Known(kinds=services.settings.kinds, now=now)
    results: dict[int, InteractionResult] = {}
    valid: dict[int, Interaction] = {}
    for index, each in enumerate(given):
        try:
            body = InteractionBody.model_validate(each, context=known)
            valid[index] = body.interaction(now)
        except ValidationError as error:
            problem = sentence(field_errors(error.errors(), root=roots[index]))
            results[index] = InteractionResult(index=index, status="invalid", problem=problem)
    if valid:
        receipts = services.interactions.record(list(valid.values()), now=now)
        for index, receipt in zip(valid, receipts, strict=True):
            results[index] = InteractionResult(
                index=index, status=receipt.status, item_known=receipt.item_known, why=receipt.why
            )
    for result in results.values():
        metrics.interacted(result.status)
    return [results[index] for index in range(len(given))]


def _known(info: ValidationInfo) -> Known:
    if not isinstance(info.context, Known):
        raise TypeError("an interaction is validated with what is known as its context")
    return info.context
