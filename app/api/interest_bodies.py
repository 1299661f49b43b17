"""A person's interests as JSON: shown, steered and seeded."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)

from app.api.fields import Category, ItemId, Printable, without_nul
from app.people.seeding import MAX_LABEL
from app.recommend.profile import Behind, InterestKind, OpenInterest, Seed

MOST_WORDS = 1_000

BEHIND_EXAMPLE: dict[str, Any] = {
    "item_id": "mug-1",
    "title": "Hand-thrown stoneware mug",
    "weight": 4.2,
    "kinds": ["purchase", "view"],
    "latest": "2026-05-04T09:30:00Z",
}
INTERESTS_EXAMPLE: dict[str, Any] = {
    "user_id": "ana",
    "interests": [
        {
            "name": "item:mug-1",
            "kind": "found",
            "label": "Mugs: stoneware, glaze",
            "share": 1.0,
            "factor": 1.0,
            "representative": "mug-1",
            "items": [BEHIND_EXAMPLE],
            "newest_at": "2026-05-04T09:30:00Z",
            "oldest_at": "2026-05-04T09:30:00Z",
        }
    ],
}


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("must say something")
    return value


Words = Annotated[
    StrictStr,
    Field(min_length=1, max_length=MOST_WORDS),
    AfterValidator(without_nul),
    AfterValidator(_said),
]
Label = Annotated[
    StrictStr,
    Field(min_length=1, max_length=MAX_LABEL),
    AfterValidator(without_nul),
    AfterValidator(_said),
]


class BehindOut(BaseModel):
    """An item behind an interest."""

    item_id: str
    title: str | None
    weight: float = Field(description="What was done with it says so much, age counted.")
    kinds: list[str] = Field(description="What was done with it; empty for the items of a seed.")
    latest: datetime = Field(description="When it last was, or when the seed was given.")

    @classmethod
    def of(cls, behind: Behind) -> Self:
        """Write an item."""
        return cls(
            item_id=behind.item_id,
            title=behind.title,
            weight=behind.weight,
            kinds=list(behind.kinds),
            latest=behind.latest,
        )


class InterestOut(BaseModel):
    """One of a person's interests."""

    name: str = Field(description="How to speak of it; any of its items' ids finds it, too.")
    kind: InterestKind = Field(
        description="`found` in what was done, given as a `seed`, or the current `session`."
    )
    label: str
    share: float = Field(description="Its weight among the person's interests, 0 to 1; 0 if muted.")
    factor: float = Field(description="What the person chose; 1 if nothing.")
    representative: str | None = Field(description="The item nearest to all others.")
    items: list[BehindOut] = Field(description="Largest weight first.")
    newest_at: datetime = Field(description="Of what is behind it.")
    oldest_at: datetime

    @classmethod
    def of(cls, interest: OpenInterest) -> Self:
        """Write an interest."""
        return cls(
            name=interest.name,
            kind=interest.kind,
            label=interest.label,
            share=interest.share,
            factor=interest.factor,
            representative=interest.representative,
            items=[BehindOut.of(each) for each in interest.items],
            newest_at=interest.newest_at,
            oldest_at=interest.oldest_at,
        )


class InterestsOut(BaseModel):
    """A person's interests, heaviest first; empty for who did and said nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [INTERESTS_EXAMPLE]})

    user_id: str
    interests: list[InterestOut]


class InterestPatch(BaseModel):
    """What becomes of an interest: exactly one of factor, muted and forget."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"factor": 2}]})

    factor: Annotated[float, Field(strict=True, ge=0, le=10)] | None = Field(
        None, description="What its weight is multiplied with; 1 is as it was found."
    )
    muted: StrictBool | None = Field(
        None, description="true: nothing of it is recommended; false: as it was found."
    )
    forget: StrictBool | None = Field(
        None,
        description="true: what was done with its items until now says nothing any more; a seed "
        "is removed.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.factor, self.muted, self.forget)) != 1:
            raise ValueError("give exactly one of factor, muted and forget")
        if self.forget is False:
            raise ValueError("forget can only be true: what was forgotten stays forgotten")
        return self


class SeedBody(BaseModel):
    """What a newcomer is after: exactly one of words, picture, categories and items."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"words": "handmade blue ceramics"}]},
    )

    words: Words | None = Field(None, description="Speak in the text space alone.")
    picture: StrictStr | None = Field(
        None,
        min_length=1,
        description="A JPEG, PNG, WebP or GIF as a data URL or in base64; speaks in the image "
        "space alone. Kept at 1,024 pixels a side at most, without what the camera noted.",
    )
    categories: Annotated[list[Category], Field(min_length=1, max_length=8)] | None = Field(
        None, description="Their 20 most popular items speak, those there are now."
    )
    items: Annotated[list[ItemId], Field(min_length=1, max_length=50)] | None = Field(
        None, description="Chosen items, each as much as the others."
    )
    label: Label | None = Field(
        None, description="What to call it; by default made of what is given."
    )
    weight: Annotated[float, Field(strict=True, gt=0, le=100)] | None = Field(
        None, description="What it says; a purchase says 5. By default KINDRED_SEED_WEIGHT."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = (self.words, self.picture, self.categories, self.items)
        if sum(each is not None for each in given) != 1:
            raise ValueError("give exactly one of words, picture, categories and items")
        return self


class SeedOut(BaseModel):
    """A seed as it is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "seed:handmade-blue-ceramics",
                    "label": "handmade blue ceramics",
                    "weight": 5.0,
                    "given_at": "2026-05-04T09:30:00Z",
                    "items": [],
                }
            ]
        }
    )

    name: str = Field(description="Of the interest it makes.")
    label: str
    weight: float = Field(description="What it says while nothing else is known.")
    given_at: datetime
    items: list[str] = Field(description="Which speak for it; empty for words and pictures.")

    @classmethod
    def of(cls, seed: Seed) -> Self:
        """Write a seed."""
        return cls(
            name=seed.name,
            label=seed.label,
            weight=seed.weight,
            given_at=seed.given_at,
            items=list(seed.items),
        )


InterestName = Annotated[
    Printable,
    Field(
        min_length=1,
        max_length=160,
        description="Of the interest, or the item_id of an item behind it.",
        examples=["item:mug-1"],
    ),
]
