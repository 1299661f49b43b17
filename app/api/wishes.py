"""What an answer shall be like, as JSON: what a request may ask, and an operator set as default."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from app.api.fields import Category, ItemId
from app.api.filters import ATTRIBUTES, FilterTree, every, field_from, filter_from, simple
from app.api.steering import (
    MOST_PLACES,
    BoostBody,
    CapBody,
    FreshnessBody,
    PinBody,
    Real,
    check_boosts,
    check_caps,
    check_pins,
)
from app.recommend.requests import Wanted
from indexer.filters import Filter

SHOWABLE = ("title", "image_url", "categories", "price", "available", "created_at", "attributes")
"""Fields of an item that an answer can have."""

USUALLY_SHOWN = ("title", "image_url")

EXAMPLE: dict[str, Any] = {
    "limit": 10,
    "filter": {
        "all": [
            {"field": "price", "lt": 50},
            {"not": {"field": "attributes.brand", "equals": "Acme"}},
        ]
    },
    "weights": {"text": 0.3, "image": 0.7},
    "exclude": ["mug-1"],
    "boosts": [
        {
            "filter": {"field": "attributes.brand", "equals": "Tonwerk"},
            "multiply": 1.2,
            "label": "house brand",
        }
    ],
    "pins": [{"item_id": "mug-2", "position": 1, "until": "2030-01-01T00:00:00Z"}],
    "caps": [{"field": "categories", "most": 5}],
    "diversity": 0.3,
    "freshness": {"half_life": "7d", "weight": 0.1},
    "exploration": 0.1,
    "fields": ["title", "image_url", "price", "attributes.brand"],
}


def _showable(name: str) -> str:
    if name not in SHOWABLE and not name.startswith(ATTRIBUTES):
        raise ValueError(f"{name[:80]!r} is not one of {', '.join(SHOWABLE)} and {ATTRIBUTES}NAME")
    if name.startswith(ATTRIBUTES):
        field_from(name, "fields")
    return name


Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Share = Annotated[Real, Field(ge=0, le=1)]
Shown = Annotated[StrictStr, Field(max_length=256), AfterValidator(_showable)]
Excluded = Annotated[
    list[ItemId], Field(max_length=500, description="Items that must not be in the answer.")
]
Categories = Annotated[
    list[Category], Field(max_length=64, description="Only items in one of these.")
]
Boosts = Annotated[list[BoostBody], Field(max_length=20)]
Pins = Annotated[list[PinBody], Field(max_length=50)]
Caps = Annotated[list[CapBody], Field(max_length=10)]


class Wishes(BaseModel):
    """What an answer shall be like; what is left out is as the scenario or the service has it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    limit: Annotated[StrictInt, Field(ge=1, le=MOST_PLACES)] = Field(
        20, description="Items wanted."
    )
    filter: FilterTree | None = None
    categories: Categories = []
    price_min: Price | None = Field(None, description="Only items with a known price from here.")
    price_max: Price | None = Field(None, description="Only items with a known price up to here.")
    available: StrictBool | Literal["any"] = Field(
        default=True, description='Only items that can be had now; `"any"` for all.'
    )
    exclude: Excluded = []
    weights: dict[str, Weight] = Field(
        {}, max_length=16, description="Space to worth; those left out are worth nothing."
    )
    boosts: Boosts = Field(
        [],
        description="At most 20, whose filters have at most 64 conditions together. They come "
        "after freshness, one after another, each on what the one before left.",
    )
    pins: Pins = Field([], description="At most 50 items with a place of their own.")
    caps: Caps = Field([], description="At most so many of a category or an attribute's value.")
    diversity: Share | None = Field(
        None,
        description="0 to 1: what being unlike the items before is worth against relevance; 0 "
        "ranks by score alone. By default KINDRED_DIVERSITY.",
    )
    freshness: FreshnessBody | None = Field(None, description="What being new is worth.")
    exploration: Share = Field(
        0.0,
        description="0 to 1: the share of places for new or little-known items. Such an item's "
        "`propensity` says how likely it was to be shown.",
    )
    user_impact: Share | None = Field(
        None,
        description="0 to 1: what the person is worth beside what is asked for. By default "
        "KINDRED_USER_IMPACT.",
    )
    duplicates: Literal["collapse", "keep"] = Field(
        "collapse",
        description="Whether of items with the same words or picture only the best is shown.",
    )
    fields: Annotated[list[Shown], Field(max_length=50)] = Field(
        list(USUALLY_SHOWN),
        description=f"Which fields of the items to give: {', '.join(SHOWABLE)}, attributes.NAME.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_prices(self.price_min, self.price_max)
        check_boosts(self.boosts)
        check_pins(self.pins)
        check_caps(self.caps)
        return self

    @property
    def given(self) -> Mapping[str, Any]:
        """Return what was said, as the JSON values it can be read from again."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @property
    def where(self) -> Filter:
        """Write the one filter that all conditions together are."""
        return every(
            simple(
                categories=tuple(self.categories),
                price_min=self.price_min,
                price_max=self.price_max,
                available=None if self.available == "any" else bool(self.available),
            ),
            None if self.filter is None else filter_from(self.filter),
        )

    def over(self, defaults: "Wishes") -> "Wishes":
        """Return these wishes, and those of `defaults` where these say nothing.

        Field by field: a list that is given replaces the default's.
        """
        said = {name: getattr(self, name) for name in self.model_fields_set & WISHES}
        return defaults.model_copy(update=said)

    def wanted(self, *, explain: bool = False, interest: str | None = None) -> Wanted:
        """Make it what a recommender takes."""
        return Wanted(
            limit=self.limit,
            where=self.where,
            weights=self.weights,
            exclude=frozenset(self.exclude),
            explain=explain,
            interest=interest,
            boosts=tuple(each.boost(n) for n, each in enumerate(self.boosts, start=1)),
            pins=tuple(each.pin() for each in self.pins),
            caps=tuple(each.cap() for each in self.caps),
            freshness=None if self.freshness is None else self.freshness.freshness(),
            diversity=self.diversity,
            exploration=self.exploration,
            user_impact=self.user_impact,
            collapse=self.duplicates == "collapse",
        )


WISHES = frozenset(Wishes.model_fields)
"""Names of the fields a scenario can give defaults of."""


def check_prices(least: float | None, most: float | None) -> None:
    """Raise ValueError when no price lies between."""
    if least is not None and most is not None and least > most:
        raise ValueError(f"price_min {least} is above price_max {most}")
