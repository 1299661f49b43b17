"""What the spaces are worth: lists for every weighting, and the one to choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.similar.catalogue import Catalogue
from bench.similar.nearest import Alike, alike
from bench.similar.vectors import Vectors

STEPS = 20
"""Weights of the picture that are tried, from 0 to 1, less one."""

AS_GOOD = 0.005
"""Lists whose share of the same type differs by less are taken to be equally good: on a thousand
items the share moves by about this much when other items are asked for."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """A weight of the image space, the text space having the rest, and what it led to."""

    image: float
    alike: Alike

    @property
    def weights(self) -> Mapping[str, float]:
        """Space to weight."""
        return split(self.image)


def split(image: float) -> Mapping[str, float]:
    """Give the image space its weight and the text space the rest."""
    return {"text": 1.0 - image, "image": image}


def sweep(catalogue: Catalogue, vectors: Vectors) -> list[Weighting]:
    """Measure the lists of every weighting, pictures weighing more from one to the next."""
    candidates = vectors.candidates()
    shares = [step / STEPS for step in range(STEPS + 1)]
    return [
        Weighting(share, alike(vectors.lists(split(share), candidates), catalogue))
        for share in shares
    ]


def best(measured: Sequence[Weighting]) -> Weighting:
    """Choose: of those as good as any at the type, the one best at type and colour together."""
    most = max(each.alike.type for each in measured)
    good = [each for each in measured if each.alike.type >= most - AS_GOOD]
    return max(good, key=lambda each: (each.alike.both, -each.image))
