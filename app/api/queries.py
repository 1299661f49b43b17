"""What can be asked of recommendations, as query parameters."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.api.field_errors import field_errors, sentence
from app.api.fields import UserId
from app.api.filters import ATTRIBUTES, FilterError, every, simple, written_values
from app.api.questions import (
    EXPLAIN,
    INTEREST,
    NEXT,
    SCENARIO,
    InterestName,
    Question,
    ScenarioName,
)
from app.api.steering import MOST_PLACES, HalfLife
from app.api.together_bodies import BASKETS, FILLING, Kind
from app.api.wishes import USUALLY_SHOWN, Categories, Excluded, Price, Shown, Weight, check_prices
from app.errors import Invalid
from app.together.settings import ANY
from indexer.errors import InvalidFilter
from indexer.filters import check

WEIGHT = "weight."
ATTRIBUTE = "attribute."

MOST_IN_URL = 8_000
"""Characters of a `next` in a query: what every server and proxy on the way lets through."""

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

AVAILABILITY: Mapping[str, bool | str] = {"true": True, "false": False, "any": "any"}

AS_ASKED = frozenset(
    {
        "limit",
        "price_min",
        "price_max",
        "exclude",
        "fields",
        "scenario",
        "next",
        "explain",
        "interest",
        "diversity",
        "exploration",
        "user_id",
        "user_impact",
    }
)
"""Parameters that mean what the field of that name means in a body."""


def _separated(given: object) -> object:
    """Split at commas what may be repeated as well; empty names are left to be refused."""
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return [part.strip() for each in given for part in each.split(",")]
    return given


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Fields = Annotated[list[Shown], BeforeValidator(_separated), Field(max_length=50)]
NextInUrl = Annotated[str, Field(min_length=1, max_length=MOST_IN_URL)]


class ListQuery(BaseModel):
    """Query parameters of every list. A name that is not known is refused, not ignored."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    limit: Annotated[int, Field(ge=1, le=MOST_PLACES, description="Items wanted.")] = 20
    category: Categories = []
    price_min: Price | None = Field(None, description="Only items with a known price from here.")
    price_max: Price | None = Field(None, description="Only items with a known price up to here.")
    available: Literal["true", "false", "any"] = Field(
        "true", description="Only items that can be had now; `any` for all."
    )
    exclude: Excluded = []
    fields: Fields = Field(
        list(USUALLY_SHOWN),
        description="Which fields of the items to give, repeated or separated by commas: title, "
        "image_url, categories, price, available, created_at, attributes, attributes.NAME.",
    )
    scenario: ScenarioName | None = Field(None, description=SCENARIO)
    next: NextInUrl | None = Field(None, description=NEXT)

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = [field.alias or name for name, field in type(self).model_fields.items()]
        known.append(ATTRIBUTE + "NAME")
        for name in self.model_extra or {}:
            if not self.takes(name):
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                raise ValueError(f"there is no parameter {name[:80]!r}; {hint}")
        check_prices(self.price_min, self.price_max)
        self._check_filter()
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

    def said(self) -> dict[str, Any]:
        """Return what was given, as the fields of a question."""
        said = {name: getattr(self, name) for name in self.model_fields_set & AS_ASKED}
        if self.category:
            said["categories"] = self.category
        if "available" in self.model_fields_set:
            said["available"] = AVAILABILITY[self.available]
        asked = [
            {"field": ATTRIBUTES + name, "in": written_values(values)}
            for name, values in self.attributes().items()
        ]
        if asked:
            said["filter"] = asked[0] if len(asked) == 1 else {"all": asked}
        return said

    def question(self, **about: object) -> Question:
        """Put it as a body would.

        Args:
            about: What the path says: fields of a question.

        Raises:
            Invalid: What was given makes no sense together.
        """
        try:
            return Question.model_validate({**self.said(), **about})
        except ValidationError as error:
            parts = field_errors(error.errors(), root="query")
            raise Invalid(
                sentence(parts), errors=[part.model_dump(exclude_none=True) for part in parts]
            ) from error

    def _check_filter(self) -> None:
        try:
            check(every(simple(categories=tuple(self.category), attributes=self.attributes())))
        except InvalidFilter as error:
            raise FilterError(str(error)) from error


class RankedQuery(ListQuery):
    """Query parameters of lists that vectors rank; `weight.NAME` also for spaces not listed."""

    weight_text: Weight | None = Field(
        None, alias="weight.text", description="Worth of the text space in this request."
    )
    weight_image: Weight | None = Field(
        None, alias="weight.image", description="Worth of the image space in this request."
    )
    weight_behaviour: Weight | None = Field(
        None,
        alias="weight.behaviour",
        description="Worth of what people do, as far as it was learned, in this request.",
    )
    explain: bool = Field(default=False, description=EXPLAIN)
    diversity: Share | None = Field(
        None,
        description="What being unlike the items before is worth against relevance; 0 ranks by "
        "score alone.",
    )
    freshness_half_life: HalfLife | None = Field(
        None, alias="freshness.half_life", description="After how long being new counts half: `7d`."
    )
    freshness_weight: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = Field(
        None,
        alias="freshness.weight",
        description="What an item of this moment gets; scores are at most 1.",
    )
    exploration: Share = Field(
        0.0, description="The share of places for new or little-known items."
    )

    def takes(self, name: str) -> bool:
        """Say whether a parameter beyond the declared ones is known: a weight is, too."""
        return name.startswith(WEIGHT) or super().takes(name)

    @model_validator(mode="after")
    def _weigh(self) -> Self:
        self.weights()
        if (self.freshness_half_life is None) is not (self.freshness_weight is None):
            raise ValueError("freshness.half_life and freshness.weight go together")
        return self

    def weights(self) -> dict[str, float]:
        """Space to weight, for those that were given."""
        declared = {
            "text": self.weight_text,
            "image": self.weight_image,
            "behaviour": self.weight_behaviour,
        }
        return {
            name.removeprefix(WEIGHT): _weight(name, value)
            for name, value in (self.model_extra or {}).items()
            if name.startswith(WEIGHT)
        } | {space: value for space, value in declared.items() if value is not None}

    def said(self) -> dict[str, Any]:
        """Return what was given, as the fields of a question."""
        said = super().said()
        weights = self.weights()
        if weights:
            said["weights"] = weights
        if self.freshness_half_life is not None:
            said["freshness"] = {
                "half_life": self.freshness_half_life,
                "weight": self.freshness_weight,
            }
        return said


class ForYouQuery(RankedQuery):
    """Query parameters of a person's list."""

    interest: InterestName | None = Field(None, description=INTEREST)


class SimilarQuery(RankedQuery):
    """Query parameters of items like another."""

    user_id: UserId | None = Field(None, description="This person bends the list a little.")
    user_impact: Share | None = Field(
        None, description="0 to 1: what the person is worth beside the likeness."
    )


class TogetherQuery(ListQuery):
    """Query parameters of items that go with another."""

    kind: Kind = Field(ANY, description=BASKETS)
    fill: Literal["similar"] | None = Field(None, description=FILLING)
    user_id: UserId | None = Field(None, description="What this person hid stays away.")
    explain: bool = Field(default=False, description=EXPLAIN)

    def said(self) -> dict[str, Any]:
        """Return what was given, as the fields of a question."""
        given = {name: getattr(self, name) for name in self.model_fields_set & {"kind", "fill"}}
        # With a `next` and nothing said, it is as it was.
        together = {"together": given} if given or self.next is None else {}
        return {**super().said(), **together}


def _weight(name: str, value: object) -> float:
    try:
        weight = float(str(value))
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1_000_000:  # NaN is not, either
        raise ValueError(f"{name[:80]} must be a number from 0 to 1,000,000")
    return weight
