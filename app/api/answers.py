"""Recommendation answers as JSON. What was not asked for or does not apply is left unset."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from app.api.filters import ATTRIBUTES
from app.api.reasons import MoveOut, ReasonOut
from app.api.scenario_choice import Applied
from app.api.scenario_use import AppliedScenario
from app.api.together_bodies import TogetherOut
from app.recommend.answers import Answer, Recommended, Shortfall, ShortfallReason, Source
from indexer.catalogue import Candidate

EXAMPLE: dict[str, Any] = {
    "recommendation_id": "0b5c9c2e-6f3e-4a5d-8f6b-1c2d3e4f5a6b",
    "generation": 3,
    "items": [
        {
            "item_id": "mug-2",
            "title": "Speckled stoneware mug",
            "image_url": "https://shop.example/mug-2.jpg",
            "price": 18.5,
            "attributes": {"brand": "Tonwerk"},
            "score": 0.71,
            "source": "vector",
            "interest": "mug-1",
            "reasons": [
                {
                    "kind": "item",
                    "name": "mug-1",
                    "item_id": "mug-1",
                    "title": "Hand-thrown stoneware mug",
                    "space": "text",
                    "amount": 0.4,
                    "predicted": False,
                    "evidence": {
                        "kinds": ["purchase", "view"],
                        "latest": "2026-05-04T09:30:00Z",
                        "weight": 4.9,
                    },
                },
                {
                    "kind": "item",
                    "name": "mug-1",
                    "item_id": "mug-1",
                    "title": "Hand-thrown stoneware mug",
                    "space": "image",
                    "amount": 0.21,
                    "predicted": False,
                    "evidence": {
                        "kinds": ["purchase", "view"],
                        "latest": "2026-05-04T09:30:00Z",
                        "weight": 4.9,
                    },
                },
                {"kind": "boost", "name": "house brand", "amount": 0.1},
            ],
            "moves": [{"why": "diversity", "places": -1}],
            "because": "Because you bought Hand-thrown stoneware mug.",
        },
        {
            "item_id": "jug-7",
            "title": "Salt-glazed jug",
            "image_url": "https://shop.example/jug-7.jpg",
            "price": 42.0,
            "attributes": {"brand": "Umbrella"},
            "score": 0.33,
            "source": "exploration",
            "propensity": 0.05,
        },
    ],
    "next": "eNpjZGBgYGJmYWVj5-Di5uHl4xcQFBIWERUTl5CU",
}


class RecommendedOut(BaseModel):
    """An item of the list, with the fields that were asked for."""

    item_id: str
    title: str | None = None
    image_url: str | None = Field(None, description="To show it; null for pictures sent as data.")
    categories: list[str] | None = None
    price: float | None = None
    available: bool | None = None
    created_at: datetime | None = None
    attributes: dict[str, Any] | None = Field(
        None, description="Those asked for that the item has, out of those one can filter on."
    )
    score: float = Field(
        description="For sources `vector`, `exploration` and `neighbour` the relevance, with "
        "boosts and freshness; for `together` how surprising it is (Dunning's log-likelihood "
        "ratio); for `pinned` and `newest` 0; for the others the decayed count. "
        "Scores of different sources do not compare."
    )
    source: Source = Field(
        description="`vector`: near what was asked; `neighbour`: near another of the person's "
        "interests; `together`: people had both at once; `exploration`: to learn of it; "
        "`pinned`; or, where all that was not enough, "
        "`trending_for_you` (in the person's categories), `trending`, `popular`, `newest`."
    )
    interest: str | None = Field(
        None, description="Name of the person's interest it is nearest to, where there is one."
    )
    together: TogetherOut | None = Field(
        None, description="For source `together`: how often it and the item asked about were had."
    )
    propensity: float | None = Field(
        None,
        description="How likely it was to be shown; left out where nothing was left to chance.",
    )
    reasons: list[ReasonOut] | None = Field(
        None,
        description="Parts that sum to the score, largest first, if asked for and the source has a "
        "relevance. Of more than 12, those that make up nine tenths of what speaks for and against "
        "the item are told, 20 at most, and last the sum of the `others`.",
    )
    moves: list[MoveOut] | None = Field(
        None, description="What moved it, if reasons were asked for; empty where nothing did."
    )
    because: str | None = Field(
        None, description="One sentence for people, if reasons were asked for."
    )

    @classmethod
    def of(cls, item: Recommended, fields: Collection[str], *, explain: bool) -> Self:
        """Write an item with these fields."""
        shown = shown_fields(item.candidate, fields)
        written = cls(item_id=item.item_id, score=item.score, source=item.source, **shown)
        if item.interest is not None:
            written.interest = item.interest
        if item.went is not None:
            written.together = TogetherOut.of(item.went)
        if item.propensity < 1:
            written.propensity = item.propensity
        if explain:
            written.moves = [MoveOut.of(each) for each in item.moves]
            if item.reasons is not None:
                written.reasons = [ReasonOut.of(each) for each in item.reasons]
            if item.because is not None:
                written.because = item.because
        return written


def shown_fields(candidate: Candidate, names: Collection[str]) -> dict[str, Any]:
    """Return the fields of an item that were asked for.

    Args:
        candidate: The item.
        names: Out of `app.api.wishes.SHOWABLE`, and `attributes.NAME`.
    """
    item = candidate.item
    all_fields = {
        "title": candidate.title,
        "image_url": candidate.image_url,
        "categories": list(item.categories),
        "price": item.price,
        "available": item.available,
        "created_at": item.created_at,
        "attributes": dict(item.attributes),
    }
    shown = {name: value for name, value in all_fields.items() if name in names}
    named = [name.removeprefix(ATTRIBUTES) for name in names if name.startswith(ATTRIBUTES)]
    if named and "attributes" not in shown:
        has = item.attributes
        shown["attributes"] = {name: has[name] for name in named if name in has}
    return shown


class ShortfallOut(BaseModel):
    """Why what was asked for alone (vector search, counts) did not fill the list."""

    asked: int = Field(description="How many were asked for.")
    found: int = Field(description="How many of the list were found as asked.")
    reasons: list[ShortfallReason]
    detail: str

    @classmethod
    def of(cls, shortfall: Shortfall) -> Self:
        """Write a shortfall."""
        return cls(
            asked=shortfall.asked,
            found=shortfall.found,
            reasons=list(shortfall.reasons),
            detail=shortfall.detail,
        )


class AnswerOut(BaseModel):
    """A ranked list."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    recommendation_id: str = Field(description="Quote it in the interactions that follow.")
    generation: int | None = Field(description="Which index answered; null when none did.")
    items: list[RecommendedOut] = Field(description="Best first.")
    shortfall: ShortfallOut | None = Field(
        None, description="Only when what was asked for alone did not fill the list."
    )
    scenario: AppliedScenario | None = Field(
        None, description="The scenario whose defaults held, where one did."
    )
    unknown_items: list[str] | None = Field(
        None, description="Examples there are no items for, where there are such; sorted."
    )
    next: str | None = Field(
        None,
        description="To go on with this answer without repeats, for 30 minutes; left out where "
        "there is no more, or 1,000 items were shown.",
    )

    @classmethod
    def of(
        cls,
        answer: Answer,
        *,
        fields: Sequence[str],
        explain: bool,
        scenario: Applied | None = None,
        unknown_items: Sequence[str] = (),
        next: str | None = None,  # noqa: A002 - as the field is called
    ) -> Self:
        """Write an answer.

        Args:
            answer: What was found.
            fields: Which of the items' fields to give.
            explain: Whether to give reasons and moves.
            scenario: Whose defaults held.
            unknown_items: Examples there are no items for.
            next: To go on with.
        """
        written = cls(
            recommendation_id=answer.recommendation_id,
            generation=answer.generation,
            items=[RecommendedOut.of(item, fields, explain=explain) for item in answer.items],
        )
        if answer.shortfall is not None:
            written.shortfall = ShortfallOut.of(answer.shortfall)
        if scenario is not None:
            written.scenario = AppliedScenario.of(scenario)
        if unknown_items:
            written.unknown_items = list(unknown_items)
        if next is not None:
            written.next = next
        return written
