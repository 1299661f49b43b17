"""Recommendations over HTTP: for a person, like an item, and for everyone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.api.answering import answered
from app.api.answers import AnswerOut
from app.api.bodies import Route
from app.api.context import MetricsOf, Now, ScenariosOf, ServicesOf
from app.api.fields import ItemId, UserId
from app.api.keys import Needs
from app.api.problems import PAGE_PROBLEMS, documented
from app.api.queries import (
    ATTRIBUTE_PARAMETER,
    MOST_IN_URL,
    ForYouQuery,
    ListQuery,
    SimilarQuery,
    TogetherQuery,
)
from app.api.questions import Question, SessionQuestion
from app.api.together_bodies import EXAMPLE as TOGETHER_EXAMPLE
from app.errors import BadRequest, Gone, NotFound, TooLarge, TooSlow, UnsupportedMediaType

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
    responses=documented(NotFound, *PAGE_PROBLEMS),
    response_model=AnswerOut,
    openapi_extra=by_attribute,
)
def get_for_you(
    services: ServicesOf,
    metrics: MetricsOf,
    scenarios: ScenariosOf,
    now: Now,
    user_id: UserId,
    query: Annotated[ForYouQuery, Query()],
) -> Response:
    """Rank by what the person did lately; what they know already is left out.

    Somebody nobody knows yet gets what is trending, popular and new, and `shortfall` says so, as it
    does when filters leave too few, or the index cannot be reached.
    """
    question = query.question(user_id=user_id)
    return answered(
        services, metrics, scenarios, question, listing="for-you", longest=MOST_IN_URL, now=now
    )


@router.get(
    "/items/{item_id}/similar",
    operation_id="get_similar",
    summary="Recommend items like another",
    dependencies=[reads],
    responses=documented(NotFound, Gone, *PAGE_PROBLEMS),
    response_model=AnswerOut,
    openapi_extra=by_attribute,
)
def get_similar(
    services: ServicesOf,
    metrics: MetricsOf,
    scenarios: ScenariosOf,
    now: Now,
    item_id: ItemId,
    query: Annotated[SimilarQuery, Query()],
) -> Response:
    """Rank by likeness; `weight.image=1&weight.text=0` means what looks alike.

    With a `user_id` the person's interests bend the list, by `user_impact`.
    """
    question = query.question(item_id=item_id)
    return answered(
        services, metrics, scenarios, question, listing="similar", longest=MOST_IN_URL, now=now
    )


@router.get(
    "/items/{item_id}/together",
    operation_id="get_together",
    summary="Recommend items that people have with another",
    dependencies=[reads],
    responses={
        200: {"content": {"application/json": {"example": TOGETHER_EXAMPLE}}},
        **documented(NotFound, Gone, *PAGE_PROBLEMS),
    },
    response_model=AnswerOut,
    openapi_extra=by_attribute,
)
def get_together(
    services: ServicesOf,
    metrics: MetricsOf,
    scenarios: ScenariosOf,
    now: Now,
    item_id: ItemId,
    query: Annotated[TogetherQuery, Query()],
) -> Response:
    """Rank by how surprising it would be if people had both at once by chance: what goes with it.

    That is not what is like it: a mug is like other mugs, and goes with a saucer. Each item says
    how many people had both. Where too few did, the list is short and `shortfall` says so, unless
    `fill=similar` fills it up. Counted are the service's own interactions, every
    KINDRED_TOGETHER_EVERY.
    """
    question = query.question(item_id=item_id)
    return answered(
        services, metrics, scenarios, question, listing="together", longest=MOST_IN_URL, now=now
    )


@router.get(
    "/popular",
    operation_id="get_popular",
    summary="What many people like, smoothed over months",
    dependencies=[reads],
    responses=documented(NotFound, *PAGE_PROBLEMS),
    response_model=AnswerOut,
    openapi_extra=by_attribute,
)
def get_popular(
    services: ServicesOf,
    metrics: MetricsOf,
    scenarios: ScenariosOf,
    now: Now,
    query: Annotated[ListQuery, Query()],
) -> Response:
    """Rank by decayed counts of interactions with a half-life of about a month."""
    question = query.question(list="popular")
    return answered(
        services, metrics, scenarios, question, listing="popular", longest=MOST_IN_URL, now=now
    )


@router.get(
    "/trending",
    operation_id="get_trending",
    summary="What many people like these days",
    dependencies=[reads],
    responses=documented(NotFound, *PAGE_PROBLEMS),
    response_model=AnswerOut,
    openapi_extra=by_attribute,
)
def get_trending(
    services: ServicesOf,
    metrics: MetricsOf,
    scenarios: ScenariosOf,
    now: Now,
    query: Annotated[ListQuery, Query()],
) -> Response:
    """Rank by decayed counts of interactions with a half-life of about a day."""
    question = query.question(list="trending")
    return answered(
        services, metrics, scenarios, question, listing="trending", longest=MOST_IN_URL, now=now
    )


@router.post(
    "/recommendations",
    operation_id="recommend",
    summary="Recommend, with everything in a body",
    dependencies=[reads],
    responses=documented(
        BadRequest, NotFound, Gone, TooLarge, TooSlow, UnsupportedMediaType, *PAGE_PROBLEMS
    ),
    response_model=AnswerOut,
)
def recommend(
    services: ServicesOf, metrics: MetricsOf, scenarios: ScenariosOf, now: Now, question: Question
) -> Response:
    """For a person, like an item or examples, by words or a picture, or for everyone.

    Of whom and what it is for, any may be given together: what is asked for comes first, and the
    person bends it by `user_impact`. Any answer's `next` can be gone on with here.
    """
    return answered(services, metrics, scenarios, question, now=now)


@router.post(
    "/sessions/for-you",
    operation_id="recommend_to_session",
    summary="Recommend to somebody without a name",
    dependencies=[reads],
    responses=documented(
        BadRequest, NotFound, TooLarge, TooSlow, UnsupportedMediaType, *PAGE_PROBLEMS
    ),
    response_model=AnswerOut,
)
def recommend_to_session(
    services: ServicesOf,
    metrics: MetricsOf,
    scenarios: ScenariosOf,
    now: Now,
    question: SessionQuestion,
) -> Response:
    """Rank by what an anonymous person did in this session, sent along; nothing of it is kept."""
    return answered(services, metrics, scenarios, question.question(), listing="session", now=now)
