"""The models: whether they load here, and whose weights they have."""

from app.doctor.findings import Finding
from app.settings import Settings
from embedders import factory
from embedders.spaces import Training

_WORTH: dict[Training, tuple[str, str]] = {
    "untrained": (
        "UNTRAINED weights (seeded noise): what is near means little",
        "name other weights in KINDRED_IMAGE_WEIGHTS, then run `kindred reindex --space image`",
    ),
    "hash": (
        "no model at all, but hashes: good for tests and first tries",
        "name a model in KINDRED_{SPACE}_MODEL, then run `kindred reindex --space {space}`",
    ),
}


class Models:
    """Loads the models as a service would, which may fetch their weights as it would.

    Attributes:
        identities: Of those that were loaded, by specification.
    """

    def __init__(self, settings: Settings) -> None:
        self._options = settings.embedder_options()
        self._specifications = settings.embedder_specifications()
        self.identities: dict[str, str] = {}

    @property
    def spaces(self) -> tuple[str, ...]:
        """The spaces in use."""
        return tuple(self._specifications)

    def look(self, space: str) -> Finding:
        """Load the model of a space.

        Raises:
            WeightsUnavailable, ValueError, OSError: The message says what to do.
        """
        name = f"{space} model"
        resolved = factory.resolve(self._specifications[space])
        embedder = factory.make(resolved.specification, self._options)
        self.identities[resolved.specification] = embedder.model
        seen = f"{embedder.model} loads ({embedder.space.dimensions} dimensions)"
        if resolved.instead_of is not None:
            return Finding(
                name,
                "warn",
                f"{seen}, instead of {resolved.instead_of}, which cannot be had "
                f"({resolved.reason})",
                "let those weights be fetched, or set KINDRED_IMAGE_WEIGHTS to a file of them; or "
                "set KINDRED_IMAGE_MODEL=bundled to keep the small network",
            )
        if embedder.training in _WORTH:
            worth, advice = _WORTH[embedder.training]
            advice = advice.format(space=space, SPACE=space.upper())
            return Finding(name, "warn", f"{seen}: {worth}", advice)
        return Finding(name, "ok", seen)
