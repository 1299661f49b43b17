"""Recommendation answers as JSON. What was not asked for or does not apply is left unset."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from app.recommend.requests import Answer, Reason, Recommended, Shortfall, ShortfallReason, Source


class ReasonOut(BaseModel):
    """One part of a score."""

    item_id: str = Field(description="The past item; for similar items, the item asked about.")
    space: str = Field(description="In which space the two are alike.")
    amount: float = Field(description="Its part of the score; the parts sum to the score.")
    predicted: bool = Field(
        description="Whether the item lacks this part, and it was predicted from the others."
    )

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """Write a reason."""
        return cls(
            item_id=reason.name,
            space=reason.space or "",
            amount=reason.amount,
            predicted=reason.predicted,
        )


class RecommendedOut(BaseModel):
    """An item of the list."""

    item_id: str
    title: str | None
    image_url: str | None = Field(description="To show it; left out for pictures sent as data.")
    score: float = Field(
        description="For source `vector` the relevance; for `trending` and `popular` the decayed "
        "count; for `newest` 0. Scores of different sources do not compare."
    )
    source: Source
    reasons: list[ReasonOut] | None = Field(
        None, description="Parts that sum to the score, if asked for; only for source `vector`."
    )

    @classmethod
    def of(cls, item: Recommended) -> Self:
        """Write an item."""
        written = cls(
            item_id=item.item_id,
            title=item.candidate.title,
            image_url=item.candidate.image_url,
            score=item.score,
            source=item.source,
        )
        if item.reasons is not None:
            written.reasons = [ReasonOut.of(each) for each in item.reasons]
        return written


class ShortfallOut(BaseModel):
    """Why vector search alone did not fill the list."""

    asked: int = Field(description="How many were asked for.")
    found: int = Field(description="How many of the list vector search found.")
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

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recommendation_id": "0b5c9c2e-6f3e-4a5d-8f6b-1c2d3e4f5a6b",
                    "generation": 3,
                    "items": [
                        {
                            "item_id": "mug-2",
                            "title": "Speckled stoneware mug",
                            "image_url": "https://shop.example/mug-2.jpg",
                            "score": 0.61,
                            "source": "vector",
                            "reasons": [
                                {
                                    "item_id": "mug-1",
                                    "space": "text",
                                    "amount": 0.4,
                                    "predicted": False,
                                },
                                {
                                    "item_id": "mug-1",
                                    "space": "image",
                                    "amount": 0.21,
                                    "predicted": False,
                                },
                            ],
                        }
                    ],
                }
            ]
        }
    )

    recommendation_id: str = Field(description="Quote it in the interactions that follow.")
    generation: int | None = Field(description="Which index answered; null when none did.")
    items: list[RecommendedOut] = Field(description="Best first.")
    shortfall: ShortfallOut | None = Field(
        None, description="Only when vector search alone did not fill the list."
    )

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Write an answer."""
        written = cls(
            recommendation_id=answer.recommendation_id,
            generation=answer.generation,
            items=[RecommendedOut.of(item) for item in answer.items],
        )
        if answer.shortfall is not None:
            written.shortfall = ShortfallOut.of(answer.shortfall)
        return written
