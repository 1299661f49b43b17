"""Searching in people's own words."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, model_validator

from app.api.answering import answered
from app.api.answers import AnswerOut
from app.api.bodies import Route
from app.api.context import MetricsOf, Now, ScenariosOf, ServicesOf
from app.api.keys import Needs
from app.api.problems import PAGE_PROBLEMS, documented
from app.api.queries import ATTRIBUTE_PARAMETER, MOST_IN_URL, SimilarQuery
from app.api.questions import Words
from app.errors import NotFound


class SearchQuery(SimilarQuery):
    """Query parameters of a search."""

    q: Words | None = Field(
        None,
        description="What to look for, as people say it; needed unless `next` is given.",
        examples=["something warm to drink coffee from"],
    )

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if self.q is None and self.next is None:
            raise ValueError("give q, what to look for, or the next of an answer to go on with it")
        return self

    def said(self) -> dict[str, Any]:
        """Return what was given, as the fields of a question."""
        said = super().said()
        return said if self.q is None else {**said, "words": self.q}


router = APIRouter(prefix="/v1", tags=["recommendations"], route_class=Route)


@router.get(
    "/search",
    operation_id="search",
    summary="Find items by what people say",
    dependencies=[Depends(Needs("read"))],
    responses=documented(NotFound, *PAGE_PROBLEMS),
    response_model=AnswerOut,
    openapi_extra={"parameters": [ATTRIBUTE_PARAMETER]},
)
def search(
    services: ServicesOf,
    metrics: MetricsOf,
    scenarios: ScenariosOf,
    now: Now,
    query: Annotated[SearchQuery, Query()],
) -> Response:
    """Rank by what the words mean; an item need not have any of them.

    With a `user_id` the person's interests bend the list, by `user_impact`. While the text model
    cannot be used, popular items fill the list and `shortfall` says `model_unavailable`.
    """
    question = query.question()
    return answered(
        services, metrics, scenarios, question, listing="search", longest=MOST_IN_URL, now=now
    )
