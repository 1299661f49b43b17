"""Item vectors of a generation: raw content vectors and what was learned, joined."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embedders.behaviour import BehaviourModel
from embedders.joining import Joined, Joining, Learnt
from embedders.layout import Geometry, RawBatch
from embedders.spaces import Array
from indexer.generation import Generation, SpaceModel
from indexer.items import StoredItem
from indexer.learned import LearnedItem, LearnedVectors
from indexer.pipeline import EmbeddedItem
from indexer.store import Row
from indexer.vectors import RawVectors

MOST_HELD = 4
"""Live, building, and two that were: more are never in use at once (some 2 MB each)."""

RawItem = Mapping[str, Array]
"""Space to raw vector, shape (d_s,); absent spaces are left out."""


@dataclass(frozen=True, slots=True)
class JoinedRows:
    """Items that have something to stand on, and their vectors.

    Attributes:
        keys: n items, in the order they were given.
        vectors: Of those n.
    """

    keys: Sequence[int]
    vectors: Joined


class Joiner:
    """Joins items' vectors for generations. Holds no state of its own but decoded ones."""

    def __init__(self, learned: LearnedVectors) -> None:
        self._learned = learned
        self._held: dict[int, Joining] = {}

    def joining(self, generation: Generation) -> Joining:
        """Return what a generation fixed, decoded once; it is fixed once it is set."""
        held = self._held.get(generation.generation_id)
        if held is None:
            if generation.geometry is None:
                message = f"generation {generation.generation_id} has no geometry yet"
                raise ValueError(message)
            behaviour = generation.behaviour
            held = Joining(
                Geometry.from_bytes(generation.geometry),
                None if behaviour is None else BehaviourModel.from_bytes(behaviour),
            )
            kept = list(self._held.items())[: MOST_HELD - 1]
            self._held = {generation.generation_id: held, **dict(kept)}
        return held

    def join(self, generation: Generation, raw: Mapping[int, RawItem]) -> JoinedRows:
        """Join items' vectors; items with neither content nor anything learned are left out.

        Args:
            generation: Its geometry is set.
            raw: Item key to raw vectors of its content spaces.
        """
        joining = self.joining(generation)
        learned = self._of(generation, raw)
        keys = [key for key, vectors in raw.items() if vectors or key in learned]
        batch = raw_batch([raw[key] for key in keys], generation.content)
        return JoinedRows(keys, joining.join(batch, _learnt(keys, learned)))

    def rows(
        self,
        generation: Generation,
        items: Sequence[StoredItem],
        raw: Mapping[int, RawItem],
    ) -> list[Row]:
        """Make rows of the index; items with nothing to stand on are left out.

        Args:
            generation: Its geometry is set.
            items: Not deleted.
            raw: Item key to raw vectors of its content spaces.
        """
        known = {item.key: item for item in items if item.key in raw}
        if not known:
            return []
        made = self.join(generation, {key: raw[key] for key in known})
        return [
            Row(known[key].revision, made.vectors.candidates[row], known[key].filterable)
            for row, key in enumerate(made.keys)
            if made.vectors.candidates[row].any()
        ]

    def kept_rows(
        self,
        generation: Generation,
        items: Sequence[StoredItem],
        raw: Mapping[int, RawVectors],
    ) -> list[Row]:
        """Like `rows`, from vectors kept in SQL; an item whose vectors are older is left out."""
        current = {
            item.key: raw[item.key].vectors
            for item in items
            if item.key in raw and raw[item.key].revision >= item.revision
        }
        return self.rows(generation, items, current)

    def _of(self, generation: Generation, keys: Collection[int]) -> Mapping[int, LearnedItem]:
        if generation.training is None:
            return {}
        return self._learned.of_items(generation.training, keys)


def raw_batch(vectors: Sequence[RawItem], spaces: Sequence[SpaceModel]) -> RawBatch:
    """Stack items' raw vectors, zeros and False where a space is absent."""
    stacked: dict[str, Array] = {}
    present = {}
    for space in spaces:
        block = np.zeros((len(vectors), space.dimensions), dtype=np.float32)
        mask = np.zeros(len(vectors), dtype=np.bool_)
        for row, held in enumerate(vectors):
            vector = held.get(space.space)
            if vector is not None:
                block[row] = vector
                mask[row] = True
        stacked[space.space] = block
        present[space.space] = mask
    return RawBatch(stacked, present)


def of_generation(embedded: EmbeddedItem, spaces: Sequence[SpaceModel]) -> dict[str, Array]:
    """Pick the raw vectors of one generation's models, by space."""
    return {
        each.space: embedded.vectors[each.space, each.model]
        for each in spaces
        if (each.space, each.model) in embedded.vectors
    }


def _learnt(keys: Sequence[int], learned: Mapping[int, LearnedItem]) -> Learnt | None:
    """Stack what was learned of items, in the order of their keys."""
    if not learned:
        return None
    length = len(next(iter(learned.values())).candidate)
    candidates = np.zeros((len(keys), length), dtype=np.float32)
    evidence = np.zeros_like(candidates)
    known = np.zeros(len(keys), dtype=np.bool_)
    for row, key in enumerate(keys):
        if key in learned:
            candidates[row], evidence[row] = learned[key].candidate, learned[key].evidence
            known[row] = True
    return Learnt(candidates, evidence, known)
