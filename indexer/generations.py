"""Generations: what an index was built with, and which one is live on which engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from indexer.database import Database

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
        fitted_on: Items the geometry was fitted on; 0 for priors alone.
        phase: How far a building one has come; None for one that began live.
        cursor: Largest item key finished in that phase.
        report: What the check found.
    """

    generation_id: int
    engine: str
    collection: str
    state: GenerationState
    spaces: tuple[SpaceModel, ...]
    geometry: bytes | None
    fitted_on: int
    phase: Phase | None
    cursor: int
    report: Mapping[str, object] | None
    created_at: datetime
    finished_at: datetime | None


class Generations:
    """The generations in SQL; swapping is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self, engine: str) -> Generation | None:
        """The generation that answers on this engine."""
        raise NotImplementedError

    def building(self, engine: str) -> Generation | None:
        """The generation being built on this engine; at most one."""
        raise NotImplementedError

    def writable(self, engine: str) -> list[Generation]:
        """Those new items are written to: live first, then a building one past its fitting."""
        raise NotImplementedError

    def all(self, engine: str | None = None) -> list[Generation]:
        """Every generation not dropped, newest first."""
        raise NotImplementedError

    def get(self, generation_id: int) -> Generation | None:
        """Look one up."""
        raise NotImplementedError

    def start(
        self,
        engine: str,
        spaces: Sequence[SpaceModel],
        *,
        geometry: bytes | None,
        live: bool,
        now: datetime,
    ) -> Generation:
        """Record a new generation with a collection name of its own: building, or live at once.

        `live` is for the very first on an engine; if another process was quicker, its one is returned.
        A building one gives up (drops) any other building one of the engine.
        """
        raise NotImplementedError

    def advance(
        self,
        generation_id: int,
        *,
        phase: Phase,
        cursor: int = 0,
        geometry: bytes | None = None,
        fitted_on: int | None = None,
        report: Mapping[str, object] | None = None,
    ) -> None:
        """Note how far building has come; None leaves a value as it is."""
        raise NotImplementedError

    def promote(self, generation_id: int, *, now: datetime) -> Generation | None:
        """Make a generation live on its engine, in one transaction; return the one it replaced.

        The replaced one is kept for a rollback; what was kept before it becomes "dropped" (its
        collection is the caller's to drop).
        """
        raise NotImplementedError

    def previous(self, engine: str) -> Generation | None:
        """The kept generation a rollback would go to."""
        raise NotImplementedError

    def droppable(self, engine: str) -> list[Generation]:
        """Generations in state dropped, whose collections may still be there."""
        raise NotImplementedError

    def forget(self, generation_id: int) -> None:
        """Delete a dropped generation's row, after its collection is gone."""
        raise NotImplementedError
