"""A catalogue's vectors, laid out by the product's own geometry."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.similar.cache import Cache
from bench.similar.catalogue import Catalogue
from bench.similar.nearest import Lists, nearest
from embedders.fitting import fit
from embedders.layout import PREDICTED_NORM, Geometry, Layout, RawBatch
from embedders.spaces import Array, Embedder, Mask

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Vectors:
    """A catalogue seen through a text and an image model.

    Attributes:
        layout: Text, then image.
        raw: Vectors as the models gave them.
        priors: Space to the prior mean its geometry starts from; a space may lack one.
    """

    layout: Layout
    raw: RawBatch
    priors: Mapping[str, Array]

    def without(self, absent: Mask, space: str = "image") -> "Vectors":
        """Take one part away from some items."""
        vectors = {**self.raw.vectors, space: self.raw.vectors[space].copy()}
        vectors[space][absent] = 0.0
        present = {**self.raw.present, space: self.raw.present[space] & ~absent}
        return Vectors(self.layout, RawBatch(vectors, present), self.priors)

    def geometry(self) -> Geometry:
        """Fit means and maps on this catalogue, as a rebuild of its index would."""
        return fit(self.layout, lambda: [self.raw], self.priors)

    def candidates(self, scale: float = PREDICTED_NORM) -> Array:
        """Return joined vectors, predicted blocks of length `scale`; shape (n, d)."""
        geometry = self.geometry()
        evidence = geometry.evidence(self.raw)
        # Both are zero wherever a block is neither there nor predicted.
        predicted = geometry.candidates(self.raw) - evidence
        joined: Array = evidence + np.float32(scale / PREDICTED_NORM) * predicted
        return joined

    def lists(self, weights: Weights, candidates: Array | None = None) -> Lists:
        """Find the nearest of every item, as `similar` does: candidate by candidate."""
        held = self.candidates() if candidates is None else candidates
        return nearest(self.layout.query(held, weights), held)


def see(
    catalogue: Catalogue,
    text: Embedder,
    image: Embedder,
    cache: Cache,
    priors: Mapping[str, Array],
) -> Vectors:
    """Embed a catalogue's titles and pictures."""
    held = {
        embedder.space.name: cache.embed(embedder, catalogue.contents) for embedder in (text, image)
    }
    return Vectors(
        Layout((text.space, image.space)),
        RawBatch(
            {space: embedded.vectors for space, embedded in held.items()},
            {space: embedded.present for space, embedded in held.items()},
        ),
        priors,
    )
