"""What goes together, as it is asked for and as it is told."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from app.recommend.answers import Went
from app.recommend.requests import Together
from app.together.settings import ANY

BASKETS = (
    "Which baskets count: a kind of interaction, such as `purchase` or `view`, for what people did "
    "in that way in one visit; or `any`, for whatever they did that speaks for an item. Those of "
    "KINDRED_TOGETHER_KINDS are counted."
)
FILLING = (
    "`similar`: a list too short is filled up with items like it, whose `source` is then `vector`."
)

Kind = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]

EXAMPLE: dict[str, Any] = {
    "recommendation_id": "4f6c2b1e-8d1f-4a36-9f0e-6a7b8c9d0e1f",
    "generation": 3,
    "items": [
        {
            "item_id": "saucer-1",
            "title": "Stoneware saucer",
            "image_url": "https://shop.example/saucer-1.jpg",
            "score": 214.6,
            "source": "together",
            "together": {"kind": "purchase", "people": 41, "baskets": 44, "lift": 9.3},
        },
        {
            "item_id": "mug-2",
            "title": "Speckled stoneware mug",
            "image_url": "https://shop.example/mug-2.jpg",
            "score": 0.71,
            "source": "vector",
        },
    ],
    "shortfall": {
        "asked": 2,
        "found": 1,
        "reasons": ["evidence"],
        "detail": "1 of 2 were found as asked, because too few people had more at once with it to "
        "tell it from chance. 1 were filled in from what is like it.",
    },
}


class TogetherBody(BaseModel):
    """What goes with an item."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "purchase", "fill": "similar"}]}
    )

    kind: Kind = Field(ANY, description=BASKETS)
    fill: Literal["similar"] | None = Field(None, description=FILLING)

    def wish(self) -> Together:
        """Make it what a recommender takes."""
        return Together(self.kind, fill=self.fill == "similar")


class TogetherOut(BaseModel):
    """How often two items went together."""

    kind: str = Field(description="Which baskets were counted.")
    people: int = Field(description="Different people who had both in one basket.")
    baskets: int = Field(description="Baskets with both.")
    lift: float = Field(description="Times as many baskets as chance would give both; above 1.")

    @classmethod
    def of(cls, went: Went) -> Self:
        """Write it."""
        return cls(kind=went.kind, people=went.people, baskets=went.baskets, lift=went.lift)
