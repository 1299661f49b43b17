"""Scenarios as JSON: what an operator writes, and what is told of what is kept."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    model_validator,
)

from app.api.fields import Prose
from app.api.questions import Listing
from app.api.rules import RuleTree, rule_from
from app.api.wishes import Wishes
from app.scenarios.rules import Rule
from app.scenarios.store import StoredScenario

NO_SCENARIO = "none"
"""What a request says that wants none, not even by rule; no scenario has this name."""

SCENARIO_NAME = r"[a-z0-9][a-z0-9._-]{0,63}"

EXAMPLE: dict[str, Any] = {
    "description": "Gold customers in December see what is new first, and the house brand more.",
    "when": {
        "any": [
            {"field": "attributes.plan", "equals": "gold"},
            {"field": "segments", "equals": "champions"},
        ]
    },
    "for": ["for-you", "search"],
    "priority": 10,
    "defaults": {
        "weights": {"text": 0.5, "image": 0.5},
        "filter": {"not": {"field": "categories", "equals": "Clearance"}},
        "boosts": [
            {
                "filter": {"field": "attributes.brand", "equals": "Tonwerk"},
                "multiply": 1.2,
                "label": "house brand",
            }
        ],
        "freshness": {"half_life": "7d", "weight": 0.1},
        "diversity": 0.3,
    },
}


def _nameable(name: str) -> str:
    if name == NO_SCENARIO:
        raise ValueError(f"no scenario can be called {NO_SCENARIO!r}: requests say it to have none")
    return name


ScenarioName = Annotated[
    StrictStr,
    Field(
        pattern=f"^{SCENARIO_NAME}$",
        description="1 to 64 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit.",
        examples=["december"],
    ),
]
NewScenarioName = Annotated[ScenarioName, AfterValidator(_nameable)]


class ScenarioBody(BaseModel):
    """Defaults of requests, and for whom they hold without being named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    description: Annotated[Prose, Field(max_length=1_000)] = Field(
        "", description="What it is for, to people."
    )
    when: RuleTree | None = Field(
        None, description="Holds by itself for whom this is true; without it, only where named."
    )
    lists: Annotated[list[Listing], Field(min_length=1)] | None = Field(
        None, alias="for", description="Lists it holds for by itself; by default all."
    )
    priority: Annotated[StrictInt, Field(ge=-1_000_000, le=1_000_000)] = Field(
        0,
        description="Of the scenarios that hold by themselves the largest is chosen, of equals "
        "the first by name.",
    )
    defaults: Wishes = Field(description="What requests say that say nothing else.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.when is None and self.model_fields_set & {"lists", "priority"}:
            raise ValueError("`for` and `priority` are about the rule: give `when`, too")
        return self

    @property
    def given(self) -> dict[str, Any]:
        """Return what was said, as the JSON values it can be read from again."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @property
    def rule(self) -> Rule | None:
        """Make it a rule; None if it is never chosen by one."""
        if self.when is None:
            return None
        lists = None if self.lists is None else frozenset[str](self.lists)
        return Rule(rule_from(self.when), self.priority, lists)


class VersionOut(BaseModel):
    """One version of a scenario, without what it says."""

    version: int = Field(description="From 1; every change makes the next.")
    created_at: datetime
    author: str | None = Field(description="Name of the key; null where no key is needed.")
    deleted: bool = Field(description="Whether this version deletes the scenario.")
    description: str

    @classmethod
    def of(cls, stored: StoredScenario) -> Self:
        """Write a version."""
        return cls(
            version=stored.version,
            created_at=stored.created_at,
            author=stored.author,
            deleted=stored.body is None,
            description=_text(stored, "description"),
        )


class VersionsOut(BaseModel):
    """The versions of a scenario that are kept."""

    name: str
    versions: list[VersionOut] = Field(description="Newest first, at most 100.")


class ScenarioOut(BaseModel):
    """A version of a scenario."""

    name: str
    version: int = Field(description="From 1; every change makes the next.")
    created_at: datetime
    author: str | None = Field(description="Name of the key; null where no key is needed.")
    # As it was written, even if this program would refuse it today.
    body: dict[str, Any] = Field(
        description="A ScenarioBody as it was written; to go back to it, `PUT` it again."
    )

    @classmethod
    def of(cls, stored: StoredScenario) -> Self:
        """Write a version that deletes nothing."""
        return cls(
            name=stored.name,
            version=stored.version,
            created_at=stored.created_at,
            author=stored.author,
            body=dict(stored.body or {}),
        )


class ListedScenario(BaseModel):
    """A scenario, without its defaults."""

    name: str
    version: int
    created_at: datetime
    author: str | None
    description: str
    by_rule: bool = Field(description="Whether it can hold without being named.")

    @classmethod
    def of(cls, stored: StoredScenario) -> Self:
        """Write a line of the list."""
        return cls(
            name=stored.name,
            version=stored.version,
            created_at=stored.created_at,
            author=stored.author,
            description=_text(stored, "description"),
            by_rule=bool((stored.body or {}).get("when")),
        )


class ScenariosOut(BaseModel):
    """All scenarios."""

    scenarios: list[ListedScenario] = Field(description="By name; at most 200.")


def _text(stored: StoredScenario, name: str) -> str:
    return str((stored.body or {}).get(name) or "")
