"""Recommendations over HTTP: for a person, like an item, and for everyone."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from app.api.answers import AnswerOut
from app.api.bodies import Route
from app.api.context import MetricsOf, Now, ServicesOf
from app.api.fields import ItemId, UserId
from app.api.items import gone_or_never_there
from app.api.keys import Needs
from app.api.problems import documented
from app.api.questions import ATTRIBUTE_PARAMETER, ListQuery, Question, RankedQuery
from app.errors import BadRequest, Gone, NotFound, TooLarge, UnsupportedMediaType
from app.recommend.errors import UnknownItem
from app.recommend.requests import Answer, Wanted
from app.services import Services
from app.telemetry import Metrics

Listing = Literal["for-you", "similar", "popular", "trending"]

router = APIRouter(
    prefix="/v1",
    tags=["recommendations"],
    route_class=Route,
)
reads = Depends(Needs("read"))
by_attribute = {"parameters": [ATTRIBUTE_PARAMETER]}


@router.get(
    "/users/{user_id}/for-you",
    operation_id="get_for_you",
    summary="Recommend items to a person",
    dependencies=[reads],
    responses=documented(),
    response_model_exclude_unset=True,
    openapi_extra=by_attribute,
)
def get_for_you(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    user_id: UserId,
    query: Annotated[RankedQuery, Query()],
) -> AnswerOut:
    """Rank by what the person did lately; what they know already is left out.

    Somebody nobody knows yet gets what is trending, popular and new, and `shortfall` says so, as it
    does when filters leave too few, or the index cannot be reached.
    """
    return _given(
        services, metrics, "for-you", query.wanted(), query.logged(), user_id=user_id, now=now
    )


@router.get(
    "/items/{item_id}/similar",
    operation_id="get_similar",
    summary="Recommend items like another",
    dependencies=[reads],
    responses=documented(NotFound, Gone),
    response_model_exclude_unset=True,
    openapi_extra=by_attribute,
)
def get_similar(
    services: ServicesOf,
    metrics: MetricsOf,
    now: Now,
    item_id: ItemId,
    query: Annotated[RankedQuery, Query()],
) -> AnswerOut:
    """Rank by likeness; `weight.image=1&weight.text=0` means what looks alike."""
    return _given(
        services, metrics, "similar", query.wanted(), query.logged(), item_id=item_id, now=now
    )


@router.get(
    "/popular",
    operation_id="get_popular",
    summary="What many people like, smoothed over months",
    dependencies=[reads],
    responses=documented(),
    response_model_exclude_unset=True,
    openapi_extra=by_attribute,
)
def get_popular(
    services: ServicesOf, metrics: MetricsOf, now: Now, query: Annotated[ListQuery, Query()]
) -> AnswerOut:
    """Rank by decayed counts of interactions with a half-life of about a month."""
    return _given(services, metrics, "popular", query.wanted(), query.logged(), now=now)


@router.get(
    "/trending",
    operation_id="get_trending",
    summary="What many people like these days",
    dependencies=[reads],
    responses=documented(),
    response_model_exclude_unset=True,
    openapi_extra=by_attribute,
)
def get_trending(
    services: ServicesOf, metrics: MetricsOf, now: Now, query: Annotated[ListQuery, Query()]
) -> AnswerOut:
    """Rank by decayed counts of interactions with a half-life of about a day."""
    return _given(services, metrics, "trending", query.wanted(), query.logged(), now=now)


@router.post(
    "/recommendations",
    operation_id="recommend",
    summary="Recommend, with everything in a body",
    dependencies=[reads],
    responses=documented(BadRequest, NotFound, Gone, TooLarge, UnsupportedMediaType),
    response_model_exclude_unset=True,
)
def recommend(services: ServicesOf, metrics: MetricsOf, now: Now, question: Question) -> AnswerOut:
    """For a person, like an item, or for everyone; filters as a JSON tree."""
    listing: Listing = question.list or "similar"
    return _given(
        services,
        metrics,
        listing if question.user_id is None else "for-you",
        question.wanted(),
        question.logged(),
        user_id=question.user_id,
        item_id=question.item_id,
        now=now,
    )


def _given(
    services: Services,
    metrics: Metrics,
    listing: Listing,
    wanted: Wanted,
    logged: Mapping[str, object],
    *,
    user_id: str | None = None,
    item_id: str | None = None,
    now: datetime,
) -> AnswerOut:
    """Ask the recommender, log and count the answer, and write it."""
    recommender = services.recommender
    everyone: Mapping[str, Callable[..., Answer]] = {
        "popular": recommender.popular,
        "trending": recommender.trending,
    }
    if user_id is not None:
        answer = recommender.for_you(user_id, wanted, now=now)
    elif item_id is not None:
        try:
            answer = recommender.similar(item_id, wanted, now=now)
        except UnknownItem as error:
            raise gone_or_never_there(services, item_id) from error
        logged = {**logged, "item_id": item_id}
    else:
        answer = everyone[listing](wanted, now=now)
    services.log.put(answer, kind=listing, user_id=user_id, request=logged, now=now)
    for item in answer.items:
        metrics.recommended(listing, item.source)
    for reason in answer.shortfall.reasons if answer.shortfall is not None else ():
        metrics.fell_short(listing, reason)
    return AnswerOut.of(answer)
