"""The behaviour space as it is used: two vectors an item, and a person as a weighted sum.

An item's candidate is its block in the index; its evidence is what having touched it says about
what comes next. A score splits without remainder over what the person did:

    score = ⟨Σ_j a_j ⊙ evidence_j, candidate⟩ = Σ_j ⟨a_j ⊙ evidence_j, candidate⟩

Imports no model library: ranking uses it. `embedders.behaviour_training` makes these values.
"""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from embedders.decays import Decays
from embedders.errors import LayoutMismatch
from embedders.sequences import Days
from embedders.spaces import Array

SPACE = "behaviour"
"""Name of the space."""

_FORMAT = "kindred.behaviour/1"

_NOTHING = 1e-8
"""A vector no longer than this points nowhere."""


@dataclass(frozen=True, slots=True)
class BehaviourModel:
    """What a generation keeps of what was learned, the items' own vectors aside.

    Attributes:
        candidate_map: Shape (c, d), float32: from an item's content blocks, side by side, zeros
            where absent, to the candidate of an item that nobody has touched.
        evidence_map: Shape (c, d), float32: likewise to its evidence.
        decays: How much each thing a person did still says.
        context: Interactions of a person that were looked at, the newest; older ones say nothing.
        length: Of a predicted candidate, above 0: new items then get about their share of places.
    """

    candidate_map: Array
    evidence_map: Array
    decays: Decays
    context: int
    length: float = 1.0

    def __post_init__(self) -> None:
        shape = (self.candidate_map.shape[0], self.dimensions)
        if self.candidate_map.shape != shape or self.evidence_map.shape != shape:
            raise LayoutMismatch(
                f"maps from {shape[0]} to {shape[1]} numbers, not of shapes "
                f"{self.candidate_map.shape} and {self.evidence_map.shape}"
            )

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return int(self.decays.mix.shape[1])

    def candidates(self, content: Array) -> Array:
        """Predict candidates from content alone: (n, c) to (n, d), of `length` or zero."""
        return unit(self._mapped(content, self.candidate_map)) * np.float32(self.length)

    def evidence(self, content: Array) -> Array:
        """Predict evidence from content alone: (n, c) to (n, d); zero where there is none."""
        return self._mapped(content, self.evidence_map)

    def coefficients(self, evidence: Array, weights: Array, days: Days) -> Array:
        """Say what each thing a person did counts, so that their block has unit length.

        Args:
            evidence: Shape (n, d), of the items they touched, newest last.
            weights: Shape (n,), how much each is evidence; below 0 speaks against.
            days: Shape (n,), float64, how long ago each was.

        Returns:
            Shape (n, d), float32. The person's block is the sum of coefficient x evidence; all are
            zero where that sum is. Rows beyond the newest `context` are zero.
        """
        newest = slice(max(len(weights) - self.context, 0), None)
        found = np.zeros((len(weights), self.dimensions), dtype=np.float32)
        found[newest] = self.decays.coefficients(weights[newest], days[newest])
        length = float(np.linalg.norm(summed(found, evidence)))
        if length <= _NOTHING:
            return np.zeros_like(found)
        return (found / length).astype(np.float32)

    def to_bytes(self) -> bytes:
        """Serialise (safetensors; no pickle)."""
        tensors = {
            "candidate_map": self.candidate_map,
            "evidence_map": self.evidence_map,
            "per_interaction": self.decays.per_interaction,
            "per_day": self.decays.per_day,
            "mix": self.decays.mix,
        }
        described = {"format": _FORMAT, "context": self.context, "length": self.length}
        return save(
            {name: np.ascontiguousarray(held) for name, held in tensors.items()},
            {"kindred": json.dumps(described, sort_keys=True)},
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "BehaviourModel":
        """Read what `to_bytes` wrote; raises LayoutMismatch when it is something else."""
        try:
            tensors = load(data)
            # The numpy reader leaves the metadata out: eight bytes of length, then a JSON header.
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            described = json.loads(header["__metadata__"]["kindred"])
            if described["format"] != _FORMAT:
                raise LayoutMismatch(f"a model in {_FORMAT}, not {described['format']!r}")
            return cls(
                tensors["candidate_map"],
                tensors["evidence_map"],
                Decays(tensors["per_interaction"], tensors["per_day"], tensors["mix"]),
                int(described["context"]),
                # Models that were kept before there was a length had 1.
                float(described.get("length", 1.0)),
            )
        except (SafetensorError, ValueError, KeyError, TypeError, IndexError) as error:
            raise LayoutMismatch(
                f"these {len(data)} bytes are not a behaviour model: {error}"
            ) from error

    def _mapped(self, content: Array, weights: Array) -> Array:
        if content.shape[-1:] != weights.shape[:1]:
            raise LayoutMismatch(
                f"content is {weights.shape[0]} numbers an item, not of shape {content.shape}"
            )
        mapped: Array = content.astype(np.float32, copy=False) @ weights
        return mapped


def summed(coefficients: Array, evidence: Array) -> Array:
    """Sum up a person's block, (d,), from two of shape (n, d); zeros when n is 0."""
    if coefficients.shape != evidence.shape:
        raise LayoutMismatch(
            f"coefficients of shape {coefficients.shape} go with as much evidence, not "
            f"{evidence.shape}"
        )
    # In float64, so that the parts add up to the score and not only nearly.
    block: NDArray[np.float64] = (coefficients.astype(np.float64) * evidence).sum(axis=0)
    return block.astype(np.float32)


def reasons(coefficients: Array, evidence: Array, candidate: Array) -> NDArray[np.float64]:
    """Split the score of a candidate, (d,), over what a person did: shape (n,), float64."""
    parts: NDArray[np.float64] = coefficients.astype(np.float64) * evidence
    return parts @ candidate.astype(np.float64)


def unit(rows: Array) -> Array:
    """Scale rows to unit length; one that points nowhere becomes zeros."""
    lengths: NDArray[np.float64] = np.linalg.norm(rows.astype(np.float64), axis=-1, keepdims=True)
    return (rows / np.where(lengths > _NOTHING, lengths, np.inf)).astype(np.float32)
