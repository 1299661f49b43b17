"""What can be asked of recommendations, as query parameters and as a body."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from app.api.fields import Category, ItemId, UserId
from app.api.filters import FilterError, FilterTree, every, filter_from, simple
from app.recommend.requests import Wanted
from indexer.errors import InvalidFilter
from indexer.filters import Filter, check

WEIGHT = "weight."
ATTRIBUTE = "attribute."

ATTRIBUTE_PARAMETER: Mapping[str, object] = {
    "name": "attribute.NAME",
    "in": "query",
    "required": False,
    "description": "Only items whose attribute NAME has this value, or, repeated, one of these. "
    "Write the attribute's own name for NAME: `attribute.brand=Acme&attribute.brand=Umbrella`. "
    'The value matches the text written so, and the number or truth value written so: `4` is `"4"` '
    'and 4, `true` is `"true"` and true. A list has a value when one of its members is it.',
    "schema": {"type": "array", "items": {"type": "string"}},
    "style": "form",
    "explode": True,
}
"""How OpenAPI describes the parameters whose names only a shop knows."""

Limit = Annotated[int, Field(ge=1, le=500, description="Items wanted.")]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Excluded = Annotated[
    list[ItemId], Field(max_length=500, description="Items that must not be in the answer.")
]
Categories = Annotated[
    list[Category], Field(max_length=64, description="Only items in one of these.")
]

AVAILABILITY: Mapping[str, bool | None] = {"true": True, "false": False, "any": None}


class ListQuery(BaseModel):
    """Query parameters of every list. A name that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    limit: Limit = 20
    category: Categories = []
    price_min: Price | None = Field(None, description="Only items with a known price from here.")
    price_max: Price | None = Field(None, description="Only items with a known price up to here.")
    available: Literal["true", "false", "any"] = Field(
        "true", description="Only items that can be had now; `any` for all."
    )
    exclude: Excluded = []

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = [field.alias or name for name, field in type(self).model_fields.items()]
        known.append(ATTRIBUTE + "NAME")
        for name in self.model_extra or {}:
            if not self.takes(name):
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                raise ValueError(f"there is no parameter {name[:80]!r}; {hint}")
        _check_prices(self.price_min, self.price_max)
        try:
            check(self.where())
        except InvalidFilter as error:
            raise FilterError(str(error)) from error
        return self

    def takes(self, name: str) -> bool:
        """Say whether a parameter beyond the declared ones is known: an attribute is."""
        return name.startswith(ATTRIBUTE) and name != ATTRIBUTE

    def attributes(self) -> dict[str, list[str]]:
        """Attribute to the values asked for, as they were written."""
        return {
            name.removeprefix(ATTRIBUTE): list(value) if isinstance(value, list) else [value]
            for name, value in (self.model_extra or {}).items()
            if name.startswith(ATTRIBUTE)
        }

    def where(self) -> Filter:
        """Write the filter the parameters stand for."""
        return simple(
            categories=tuple(self.category),
            price_min=self.price_min,
            price_max=self.price_max,
            available=AVAILABILITY[self.available],
            attributes=self.attributes(),
        )

    def wanted(self) -> Wanted:
        """Make it a request."""
        return Wanted(limit=self.limit, where=self.where(), exclude=frozenset(self.exclude))

    def logged(self) -> dict[str, Any]:
        """Return what was asked for, as JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class RankedQuery(ListQuery):
    """Query parameters of lists that vectors rank; `weight.NAME` also for spaces not listed."""

    weight_text: Weight | None = Field(
        None, alias="weight.text", description="Worth of the text space in this request."
    )
    weight_image: Weight | None = Field(
        None, alias="weight.image", description="Worth of the image space in this request."
    )
    explain: bool = Field(default=False, description="Give the reasons for every score.")

    def takes(self, name: str) -> bool:
        """Say whether a parameter beyond the declared ones is known: a weight is, too."""
        return name.startswith(WEIGHT) or super().takes(name)

    @model_validator(mode="after")
    def _weigh(self) -> Self:
        self.weights()
        return self

    def weights(self) -> dict[str, float]:
        """Space to weight, for those that were given."""
        declared = {"text": self.weight_text, "image": self.weight_image}
        return {
            name.removeprefix(WEIGHT): _weight(name, value)
            for name, value in (self.model_extra or {}).items()
            if name.startswith(WEIGHT)
        } | {space: value for space, value in declared.items() if value is not None}

    def wanted(self) -> Wanted:
        """Make it a request."""
        asked = super().wanted()
        return Wanted(
            limit=asked.limit,
            where=asked.where,
            weights=self.weights(),
            exclude=asked.exclude,
            explain=self.explain,
        )


class Question(BaseModel):
    """What is wanted, for whom or what: exactly one of user_id, item_id and list."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "user_id": "ana",
                    "limit": 10,
                    "filter": {
                        "all": [
                            {"field": "price", "lt": 50},
                            {"not": {"field": "attributes.brand", "equals": "Acme"}},
                        ]
                    },
                    "weights": {"text": 0.3, "image": 0.7},
                    "exclude": ["mug-1"],
                    "explain": True,
                }
            ]
        },
    )

    user_id: UserId | None = Field(None, description="Recommend to this person.")
    item_id: ItemId | None = Field(None, description="Recommend items like this one.")
    list: Literal["popular", "trending"] | None = Field(
        None, description="What many people like, in months or in days."
    )
    limit: Annotated[StrictInt, Field(ge=1, le=500, description="Items wanted.")] = 20
    filter: FilterTree | None = None
    categories: Categories = []
    price_min: Price | None = None
    price_max: Price | None = None
    available: StrictBool | Literal["any"] = Field(
        default=True, description='Only items that can be had now; `"any"` for all.'
    )
    weights: dict[str, Weight] = Field(
        {}, max_length=16, description="Space to worth; those left out are worth nothing."
    )
    exclude: Excluded = []
    explain: StrictBool = Field(default=False, description="Give the reasons for every score.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(each is not None for each in (self.user_id, self.item_id, self.list)) != 1:
            raise ValueError("give exactly one of user_id, item_id and list")
        _check_prices(self.price_min, self.price_max)
        return self

    def wanted(self) -> Wanted:
        """Make it a request."""
        return Wanted(
            limit=self.limit,
            where=every(
                simple(
                    categories=tuple(self.categories),
                    price_min=self.price_min,
                    price_max=self.price_max,
                    available=None if self.available == "any" else bool(self.available),
                ),
                None if self.filter is None else filter_from(self.filter),
            ),
            weights=self.weights,
            exclude=frozenset(self.exclude),
            explain=self.explain,
        )

    def logged(self) -> dict[str, Any]:
        """Return what was asked for, as JSON values, without the person."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude={"user_id"})


def _check_prices(least: float | None, most: float | None) -> None:
    if least is not None and most is not None and least > most:
        raise ValueError(f"price_min {least} is above price_max {most}")


def _weight(name: str, value: object) -> float:
    try:
        weight = float(str(value))
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1_000_000:  # NaN is not, either
        raise ValueError(f"{name[:80]} must be a number from 0 to 1,000,000")
    return weight
