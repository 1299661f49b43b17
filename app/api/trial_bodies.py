"""A dry run of a scenario as JSON."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from app.api.questions import Listing, Question
from app.api.scenario_bodies import EXAMPLE, ScenarioBody
from app.api.scenario_choice import Applied
from app.api.scenario_use import AppliedScenario
from app.scenarios.comparison import Comparison

MOST_TRIED = 100
USUALLY_TRIED = 20


class TrialBody(BaseModel):
    """What to try, and on which requests."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"recent": 50},
                {"draft": EXAMPLE, "requests": [{"user_id": "ana", "limit": 10}]},
            ]
        },
    )

    draft: ScenarioBody | None = Field(
        None,
        description="Compare what is answered now with what would be if this were written; left "
        "out: what would be answered without the scenario with what is answered now.",
    )
    named: StrictBool | None = Field(
        None,
        description="Whether to try it as if every request named it; by default only if it has no "
        "rule of its own.",
    )
    requests: Annotated[list[Question], Field(min_length=1, max_length=MOST_TRIED)] | None = Field(
        None, description="Bodies of `POST /v1/recommendations`, without `next`."
    )
    recent: Annotated[StrictInt, Field(ge=1, le=MOST_TRIED)] | None = Field(
        None,
        description="Instead of `requests`: how many of the requests that came last; by default "
        f"{USUALLY_TRIED}.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.requests is not None and self.recent is not None:
            raise ValueError("give either requests or recent")
        if any(each.next is not None for each in self.requests or ()):
            raise ValueError("requests are tried from their beginning: leave next out")
        return self


class Place(BaseModel):
    """Where an item is in a list."""

    item_id: str
    place: int = Field(description="From 1.")


class Shift(BaseModel):
    """An item that both lists have, in another order among such."""

    item_id: str
    before: int = Field(description="Its place, from 1.")
    after: int


class TriedRequest(BaseModel):
    """What a request is answered before and after."""

    kind: Listing = Field(description="Which list it is of.")
    request: dict[str, Any] = Field(
        description="What was asked for, without the person and their session."
    )
    shown_at: datetime | None = Field(
        description="When it came; null for one of the trial's own requests."
    )
    scenario_before: AppliedScenario | None = None
    scenario_after: AppliedScenario | None = None
    before: list[str] = Field(description="item_ids, best first, as everything is now.")
    after: list[str]
    came: list[Place] = Field(description="Items after that were not before.")
    went: list[Place] = Field(description="Items before that are not after.")
    moved: list[Shift] = Field(
        description="Items in both, in another order among these; not what merely made room."
    )
    overlap: float = Field(
        description="Share of items in both, of the places of the longer list: overlap@k."
    )
    rank_correlation: float | None = Field(
        description="Spearman's, -1 to 1, of the items in both; null for fewer than two."
    )

    @classmethod
    def of(
        cls,
        *,
        listing: Listing,
        request: dict[str, Any],
        shown_at: datetime | None,
        applied: tuple[Applied | None, Applied | None],
        before: list[str],
        after: list[str],
        difference: Comparison,
    ) -> Self:
        """Write what came of a request."""
        was, will_be = (None if each is None else AppliedScenario.of(each) for each in applied)
        return cls(
            kind=listing,
            request=request,
            shown_at=shown_at,
            scenario_before=was,
            scenario_after=will_be,
            before=before,
            after=after,
            came=[Place(item_id=name, place=at) for name, at in difference.came.items()],
            went=[Place(item_id=name, place=at) for name, at in difference.went.items()],
            moved=[
                Shift(item_id=name, before=old, after=new)
                for name, (old, new) in difference.moved.items()
            ],
            overlap=difference.overlap,
            rank_correlation=difference.rank_correlation,
        )

    @property
    def changed(self) -> bool:
        """Whether the list is another."""
        return self.before != self.after


class TrialSummary(BaseModel):
    """All tried requests together."""

    requests: int = Field(description="How many were tried.")
    under_it: int = Field(description="How many of them would be answered under the scenario.")
    changed: int = Field(description="How many of them would be answered otherwise.")
    came: int
    went: int
    moved: int
    overlap: float | None = Field(description="Mean over requests; null when none was tried.")
    rank_correlation: float | None = Field(description="Mean over requests that have one.")

    @classmethod
    def of(cls, name: str, tried: list[TriedRequest]) -> Self:
        """Sum up."""
        ranked = [each.rank_correlation for each in tried if each.rank_correlation is not None]
        after = [each.scenario_after for each in tried if each.scenario_after is not None]
        return cls(
            requests=len(tried),
            under_it=sum(each.name == name for each in after),
            changed=sum(each.changed for each in tried),
            came=sum(len(each.came) for each in tried),
            went=sum(len(each.went) for each in tried),
            moved=sum(len(each.moved) for each in tried),
            overlap=_mean([each.overlap for each in tried]),
            rank_correlation=_mean(ranked),
        )


class TrialLeftOut(BaseModel):
    """Logged requests that were not tried, and why."""

    person_unknown: int = Field(
        description="Of somebody who is not among those active lately: the log keeps no names."
    )
    not_repeatable: int = Field(
        description="The log does not keep sessions and pictures; items may be gone since."
    )
    out_of_time: int = Field(description="Ten seconds were over.")


class TrialOut(BaseModel):
    """What a scenario would change. Nothing of it was shown, logged or kept."""

    name: str
    version: int | None = Field(description="Which version was tried; null for a draft.")
    named: bool = Field(description="Whether it was tried as if every request named it.")
    summary: TrialSummary
    left_out: TrialLeftOut
    tried: list[TriedRequest]


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
