"""One generation: an index and what it was built with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from embedders.behaviour import SPACE as BEHAVIOUR

GenerationState = Literal["building", "live", "kept", "dropped"]
Phase = Literal["embedding", "fitting", "writing", "checking", "done"]


@dataclass(frozen=True, slots=True)
class SpaceModel:
    """One space of a generation.

    Attributes:
        space: Its name.
        dimensions: Of its block.
        model: Identity of model and weights (`Embedder.model`).
        specification: What `embedders.factory` needs to make the embedder again.
    """

    space: str
    dimensions: int
    model: str
    specification: str


@dataclass(frozen=True, slots=True)
class Generation:
    """An index and what it was built with.

    Attributes:
        engine: `VectorStore.engine` it lives on.
        collection: Its name there.
        spaces: In the order of the layout.
        geometry: `embedders.layout.Geometry` as bytes, or None before it is fitted.
        behaviour: `embedders.behaviour.BehaviourModel` as bytes, or None when it has none.
        fitted_on: Items the geometry was fitted on; 0 for priors alone.
        phase: How far a building one has come; None for one that began live.
        cursor: Largest item key finished in that phase.
        report: What is to be remembered of it: "counted", the items there were to be fitted on,
            "training", what its behaviour space was learned from and how it did, and once it has
            been made live by a job, that "job" and what its check found.
    """

    generation_id: int
    engine: str
    collection: str
    state: GenerationState
    spaces: tuple[SpaceModel, ...]
    geometry: bytes | None
    behaviour: bytes | None
    fitted_on: int
    phase: Phase | None
    cursor: int
    report: Mapping[str, object] | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def content(self) -> tuple[SpaceModel, ...]:
        """The spaces that are embedded from an item's content."""
        return tuple(each for each in self.spaces if each.space != BEHAVIOUR)

    @property
    def models(self) -> dict[str, str]:
        """Space to model, of those."""
        return {each.space: each.model for each in self.content}

    @property
    def training(self) -> str | None:
        """Which training its behaviour space was learned by, or None when it has none."""
        return next((each.model for each in self.spaces if each.space == BEHAVIOUR), None)

    @property
    def trained_until(self) -> datetime | None:
        """When the newest happened that its behaviour space was learned from, if that is known."""
        return self._moment_of_training("until")

    @property
    def trained_at(self) -> datetime | None:
        """When its behaviour space was learned, if that is known."""
        return self._moment_of_training("trained_at")

    def _moment_of_training(self, name: str) -> datetime | None:
        known = (self.report or {}).get("training")
        moment = known.get(name) if isinstance(known, dict) and self.training else None
        return datetime.fromisoformat(moment) if isinstance(moment, str) else None

    @property
    def dimensions(self) -> int:
        """Length of its item vectors."""
        return sum(each.dimensions for each in self.spaces)
