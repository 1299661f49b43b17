"""The embedders this process has loaded, by the specification a generation keeps of them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from embedders.errors import EmbedderError
from embedders.factory import Resolved
from embedders.items import Content
from embedders.spaces import Embedded, Embedder, Training
from indexer.errors import ModelUnavailable
from indexer.generation import SpaceModel
from indexer.turns import SharedEmbedder

log = structlog.get_logger(__name__)

ModelState = Literal["absent", "loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class ModelReport:
    """How a model stands in this process.

    Attributes:
        state: absent: nobody has asked for it here.
        training: Where its weights come from, once it is ready.
        problem: Why it failed, or None.
    """

    state: ModelState
    training: Training | None = None
    problem: str | None = None


class Models:
    """Makes embedders when they are first needed and keeps them; threads take turns in each.

    A model that could not be loaded is tried again at the next call: it may be back by then.

    Args:
        make: Makes an embedder of a specification.
        resolve: Says what a configured specification comes to here and now.
    """

    def __init__(
        self, make: Callable[[str], Embedder], resolve: Callable[[str], Resolved] = Resolved
    ) -> None:
        self._make = make
        self._resolve = resolve
        self._loaded: dict[str, SharedEmbedder] = {}
        self._reports: dict[str, ModelReport] = {}
        self._loading = threading.Lock()

    def named(self, specification: str) -> Embedder:
        """Return the embedder of a specification, loading it at the first call.

        Raises:
            ModelUnavailable: It cannot be loaded; the message says what to do.
        """
        return self._shared(specification).embedder

    def _shared(self, specification: str) -> SharedEmbedder:
        held = self._loaded.get(specification)
        if held is not None:
            return held
        with self._loading:
            if specification not in self._loaded:
                self._loaded[specification] = SharedEmbedder(self._load(specification))
            return self._loaded[specification]

    def _load(self, specification: str) -> Embedder:
        self._reports[specification] = ModelReport("loading")
        try:
            embedder = self._make(specification)
        except (EmbedderError, ValueError, OSError) as error:
            self._reports[specification] = ModelReport("failed", problem=str(error))
            raise ModelUnavailable(f"{specification}: {error}") from error
        self._reports[specification] = ModelReport("ready", training=embedder.training)
        return embedder

    def embedder(self, wanted: SpaceModel) -> Embedder:
        """Return the embedder of a generation's space, made of the very weights it was built with.

        Raises:
            ModelUnavailable: It cannot be loaded, or the specification leads to other weights now.
        """
        found = self.named(wanted.specification)
        if found.model != wanted.model:
            raise ModelUnavailable(
                f"{wanted.specification} now gives {found.model}, but the index was built with "
                f"{wanted.model}: run `kindred reindex --space {wanted.space}`, or bring the old "
                "weights back"
            )
        return found

    def embed(self, wanted: SpaceModel, contents: Sequence[Content]) -> Embedded:
        """Embed a batch with a generation's model, taking turns with other threads that use it.

        Raises:
            ModelUnavailable: As `embedder`.
        """
        self.embedder(wanted)
        return self._shared(wanted.specification).embed(contents)

    def spaces(
        self, specifications: Mapping[str, str], *, live: Sequence[SpaceModel] = ()
    ) -> tuple[SpaceModel, ...]:
        """Load the models of a configuration and describe them by what it came to.

        Args:
            specifications: Space to specification, as configured.
            live: What the live index was built with.

        Raises:
            ModelUnavailable: One cannot be loaded.
        """
        held = {each.space: each.specification for each in live}
        described = []
        for space, configured in specifications.items():
            specification = self._resolved(space, configured, held.get(space))
            embedder = self.named(specification)
            described.append(
                SpaceModel(space, embedder.space.dimensions, embedder.model, specification)
            )
        return tuple(described)

    def _resolved(self, space: str, configured: str, held: str | None) -> str:
        try:
            found = self._resolve(configured)
        except (EmbedderError, ValueError, OSError) as error:
            raise ModelUnavailable(f"{configured}: {error}") from error
        if found.instead_of is None:
            return found.specification
        if found.instead_of == held:
            return held  # an index that has the better one is not made worse
        log.warning(
            "fallback_model",
            space=space,
            model=found.specification,
            instead_of=found.instead_of,
            reason=found.reason,
        )
        return found.specification

    def report(self, specification: str) -> ModelReport:
        """Tell how a model stands here."""
        return self._reports.get(specification, ModelReport("absent"))
