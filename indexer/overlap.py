"""How much two generations agree: the nearest neighbours of a sample of items in each."""

from collections.abc import Sequence

import numpy as np

from indexer.catalogue import Catalogue
from indexer.filters import EVERYTHING
from indexer.generation import Generation
from indexer.joined import Joiner
from indexer.store import VectorStore
from indexer.vectors import KeptVectors

SAMPLE = 100
NEIGHBOURS = 10


class Overlap:
    """Compares generations of one catalogue in one store."""

    def __init__(
        self, catalogue: Catalogue, kept: KeptVectors, joiner: Joiner, store: VectorStore
    ) -> None:
        self._catalogue = catalogue
        self._kept = kept
        self._joiner = joiner
        self._store = store

    def of(self, one: Generation, other: Generation) -> float | None:
        """Return the mean share of a sample's nearest both have, 0 to 1; None without any."""
        sample = self._catalogue.sample(SAMPLE)
        ours = self._neighbours(other, sample)
        theirs = self._neighbours(one, sample)
        shared = [
            len(ours[key] & theirs[key]) / max(len(ours[key]), len(theirs[key]))
            for key in ours.keys() & theirs.keys()
            if ours[key]
        ]
        return float(np.mean(shared)) if shared else None

    def _neighbours(self, generation: Generation, keys: Sequence[int]) -> dict[int, set[int]]:
        raw = self._kept.of_items(keys, generation.models)
        made = self._joiner.join(generation, {key: held.vectors for key, held in raw.items()})
        if not made.keys:
            return {}
        layout = self._joiner.joining(generation).layout
        weights = {each.name: 1.0 for each in layout.spaces}
        queries = layout.query(made.vectors.candidates, weights)
        hits = self._store.search(
            generation.collection, queries, limit=NEIGHBOURS + 1, where=EVERYTHING
        )
        return {
            key: {hit.key for hit in found if hit.key != key}
            for key, found in zip(made.keys, hits, strict=True)
        }
