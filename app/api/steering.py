"""How an operator steers an answer, as JSON: boosts, pins, caps and freshness."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from app.api.fields import ItemId, Moment, Printable
from app.api.filters import ATTRIBUTES, FilterTree, field_from, filter_from
from app.recommend.requests import Boost, Cap, Freshness, Pin
from app.values import Duration, described
from indexer.filters import EVERYTHING, MAX_LEAVES, size

MOST_PLACES = 500
"""Places an answer has at most."""

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=3650)

Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Number = Annotated[Real, Field(ge=-1e12, le=1e12)]
"""Any an attribute is sensibly compared with; a share between two of them never overflows."""


def _numeric(name: str) -> str:
    if name != "price" and not name.startswith(ATTRIBUTES):
        raise ValueError("must be price or attributes.NAME: a field that holds a number")
    field_from(name, "by")
    return name


def _shared(name: str) -> str:
    if name != "categories" and not name.startswith(ATTRIBUTES):
        raise ValueError("must be categories or attributes.NAME: what items have in common")
    field_from(name, "field")
    return name


HalfLife = Annotated[
    Duration,
    Field(ge=SHORTEST, le=LONGEST),
    PlainSerializer(described, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["7d"]}),
]
"""A duration, written back the way people write it."""


class BoostBody(BaseModel):
    """Raises or lowers the scores of some items."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "filter": {"field": "attributes.brand", "equals": "Tonwerk"},
                    "multiply": 1.2,
                    "label": "house brand",
                },
                {"add": 0.1, "by": "attributes.margin", "low": 0, "high": 0.4, "label": "margin"},
            ]
        },
    )

    filter: FilterTree | None = Field(None, description="Items it holds for; by default all.")
    multiply: Annotated[Real, Field(gt=0, le=1_000)] | None = Field(
        None,
        description="Multiplies the score: above 1 raises, below 1 lowers. A score below 0 is "
        "divided by it. Give either this or `add`.",
    )
    add: Annotated[Real, Field(ge=-100, le=100)] | None = Field(
        None, description="Added to the score; below 0 to lower it. Scores are at most 1."
    )
    by: Annotated[StrictStr, AfterValidator(_numeric)] | None = Field(
        None,
        description="`price` or `attributes.NAME`, a number: an item gets the share of the boost "
        "that its number has between `low` and `high`; without a number it gets none.",
    )
    low: Number = Field(0, description="The number that gets nothing of the boost.")
    high: Number = Field(1, description="The number that gets all of it; above `low`.")
    label: Annotated[Printable, Field(min_length=1, max_length=80)] | None = Field(
        None, description="What reasons call it; by default `boost` and its place in the list."
    )

    @model_validator(mode="after")
    def _whole(self) -> "BoostBody":
        if (self.multiply is None) is (self.add is None):
            raise ValueError("a boost takes exactly one of multiply and add")
        if self.by is None and self.model_fields_set & {"low", "high"}:
            raise ValueError("low and high say where `by` begins and ends: give `by`, too")
        if self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        return self

    def boost(self, number: int) -> Boost:
        """Make it a boost, the `number`-th of its list from 1."""
        return Boost(
            where=EVERYTHING if self.filter is None else filter_from(self.filter),
            multiply=self.multiply,
            add=self.add,
            by=None if self.by is None else field_from(self.by, "by"),
            low=self.low,
            high=self.high,
            label=self.label or f"boost {number}",
        )


class PinBody(BaseModel):
    """Gives an item a place of its own, as long as it obeys the filters and is not excluded."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"item_id": "mug-1", "position": 1, "until": "2026-12-24T00:00:00Z"}]
        },
    )

    item_id: ItemId
    position: Annotated[StrictInt, Field(ge=1, le=MOST_PLACES)] = Field(
        description="Which place, from 1; one beyond the answer's end is not shown."
    )
    starts_at: Moment | None = Field(None, alias="from", description="From when on it holds.")
    ends_at: Moment | None = Field(
        None, alias="until", description="Until when it holds, itself not."
    )

    @model_validator(mode="after")
    def _whole(self) -> "PinBody":
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValueError("`from` is not before `until`, so it would never hold")
        return self

    def pin(self) -> Pin:
        """Make it a pin."""
        return Pin(self.item_id, self.position, self.starts_at, self.ends_at)

    def beside(self, other: "PinBody") -> bool:
        """Say whether there is a time when both hold."""
        return _before(self.starts_at, other.ends_at) and _before(other.starts_at, self.ends_at)


class CapBody(BaseModel):
    """At most so many items with the same value of a field; every member of a list counts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"field": "attributes.brand", "most": 3}]},
    )

    field: Annotated[StrictStr, AfterValidator(_shared)] = Field(
        description="`categories` or `attributes.NAME`; items without a value are not limited."
    )
    most: Annotated[StrictInt, Field(ge=1, le=MOST_PLACES)]

    def cap(self) -> Cap:
        """Make it a cap."""
        return Cap(field_from(self.field, "field"), self.most)


class FreshnessBody(BaseModel):
    """Adds weight · 0.5^(age / half_life) to every score, age since the item's created_at."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"half_life": "7d", "weight": 0.2}]}
    )

    half_life: HalfLife = Field(
        description="After how long being new counts half, from `1m` to `3650d`: `12h`, `7d`."
    )
    weight: Annotated[Real, Field(ge=0, le=100)] = Field(
        description="What an item of this moment gets; scores are at most 1."
    )

    def freshness(self) -> Freshness:
        """Make it what ranking takes."""
        return Freshness(self.half_life, self.weight)


def check_boosts(boosts: Sequence[BoostBody]) -> None:
    """Raise ValueError when the filters of all boosts together ask for too much an item."""
    conditions = sum(size(filter_from(each.filter)) for each in boosts if each.filter is not None)
    if conditions > MAX_LEAVES:
        raise ValueError(
            f"the filters of all boosts have {conditions} conditions; at most {MAX_LEAVES} may be"
        )


def check_pins(pins: Sequence[PinBody]) -> None:
    """Raise ValueError when two pins want one place, or one item has two, at the same time."""
    for one, other in combinations(pins, 2):
        if one.beside(other):
            if one.position == other.position:
                raise ValueError(f"two pins want the place {one.position} at the same time")
            if one.item_id == other.item_id:
                raise ValueError(f"the item {one.item_id!r} is pinned to two places at once")


def check_caps(caps: Sequence[CapBody]) -> None:
    """Raise ValueError when a field has two caps."""
    names = [each.field for each in caps]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"the field {twice!r} has two caps")


def _before(start: datetime | None, end: datetime | None) -> bool:
    return start is None or end is None or start < end
