"""Spaces side by side: one joined vector an item, weights only in the query.

    item   v = [ text | image | … ]      each block centred, then unit length, or absent
    query  q = [ w_t·t | w_i·i | … ]
    score    = q·v = Σ over spaces of w_s ⟨s, v_s⟩, without remainder

Imports no model library: ranking uses it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from embedders.errors import LayoutMismatch
from embedders.spaces import Array, Mask, Space

PREDICTED_NORM = 0.85
"""Length of a predicted block: items lacking the part then get about their share of places."""

AVERAGE = 1e-8
"""A raw vector no farther than this from its space's mean says nothing: its block is absent."""

_FORMAT = "kindred.geometry/1"


@dataclass(frozen=True, slots=True)
class Layout:
    """The spaces of the item vector, in order; their names differ."""

    spaces: tuple[Space, ...]

    def __post_init__(self) -> None:
        names = [space.name for space in self.spaces]
        if len(set(names)) != len(names):
            raise LayoutMismatch(f"the spaces of a layout have different names, not {names}")

    @property
    def dimensions(self) -> int:
        """Length of the joined vector."""
        return sum(space.dimensions for space in self.spaces)

    def slice(self, space: str) -> slice:
        """Where a space's block lies in the joined vector; KeyError for an unknown name."""
        start = 0
        for each in self.spaces:
            if each.name == space:
                return slice(start, start + each.dimensions)
            start += each.dimensions
        raise KeyError(space)

    def query(self, blocks: Array, weights: Mapping[str, float]) -> Array:
        """Weigh the blocks of a joined vector.

        Args:
            blocks: Shape (d,) or (q, d).
            weights: Space to weight, 0 or more; a space left out weighs 0. Used as given. A weight
                for a space this layout lacks adds nothing, as no item has anything there.

        Returns:
            The same shape, float32.

        Raises:
            LayoutMismatch: The last axis is not `dimensions` long.
        """
        self._check(blocks)
        scale = np.zeros(self.dimensions, dtype=np.float32)
        for space in self.spaces:
            scale[self.slice(space.name)] = weights.get(space.name, 0.0)
        return (blocks * scale).astype(np.float32, copy=False)

    def split(self, query: Array, candidate: Array) -> dict[str, float]:
        """Split the score of one query and one candidate by space; the parts sum to q·v."""
        self._check(query)
        self._check(candidate)
        # In float64, so that the parts add up to the score and not only nearly.
        products = query.astype(np.float64) * candidate.astype(np.float64)
        return {space.name: float(products[self.slice(space.name)].sum()) for space in self.spaces}

    def others(self, blocks: Array, space: str) -> Array:
        """Leave a space's block out of joined vectors, shape (n, d): what its map predicts from."""
        return np.delete(blocks, self.slice(space), axis=1)

    def _check(self, vectors: Array) -> None:
        if vectors.shape[-1:] != (self.dimensions,):
            raise LayoutMismatch(
                f"joined vectors here are {self.dimensions} long, not of shape {vectors.shape}"
            )


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Raw vectors of some items.

    Attributes:
        vectors: Space to shape (n, d_s), float32, zeros where absent.
        present: Space to shape (n,), bool.
    """

    vectors: Mapping[str, Array]
    present: Mapping[str, Mask]

    def check(self, layout: Layout) -> None:
        """Raise LayoutMismatch unless the spaces and shapes are those of a layout."""
        items = {len(mask) for mask in self.present.values()}
        if len(items) > 1:
            raise LayoutMismatch(f"the masks of a batch are equally long, not {sorted(items)}")
        for space in layout.spaces:
            expect(f"the mask of {space.name}", self.present.get(space.name), (*items,))
            expect(space.name, self.vectors.get(space.name), (*items, space.dimensions))


@dataclass(frozen=True, slots=True)
class Geometry:
    """What a generation fixes: the means blocks are centred on, and the maps that predict.

    Attributes:
        layout: The spaces.
        means: Space to shape (d_s,), float32.
        maps: Space to shape (sum of the other spaces' d, d_s), float32: predicts its block from
            the others' blocks (absent ones zero), in the layout's order; left out when too few
            items had both.
        fitted_on: Items the means were fitted on.
    """

    layout: Layout
    means: Mapping[str, Array]
    maps: Mapping[str, Array]
    fitted_on: int

    def __post_init__(self) -> None:
        for space in self.layout.spaces:
            expect(f"the mean of {space.name}", self.means.get(space.name), (space.dimensions,))
        for name, held in self.maps.items():
            if all(space.name != name for space in self.layout.spaces):
                raise LayoutMismatch(f"a map predicts {name!r}, which is no space of the layout")
            width = self.layout.slice(name).stop - self.layout.slice(name).start
            expect(f"the map of {name}", held, (self.layout.dimensions - width, width))

    def evidence(self, raw: RawBatch) -> Array:
        """Return joined vectors as evidence: shape (n, d), absent blocks zero.

        Raises:
            LayoutMismatch: The batch has other spaces or shapes than the layout.
        """
        raw.check(self.layout)
        return joined(
            [
                _blocks(raw.vectors[space.name], raw.present[space.name], self.means[space.name])
                for space in self.layout.spaces
            ]
        )

    def candidates(self, raw: RawBatch) -> Array:
        """Return joined vectors as candidates: shape (n, d), absent blocks predicted.

        A predicted block has length PREDICTED_NORM; it is zero where no map was fitted or nothing
        is present to predict from.

        Raises:
            LayoutMismatch: The batch has other spaces or shapes than the layout.
        """
        evidence = self.evidence(raw)
        filled = evidence.copy()
        for name, predicting in self.maps.items():
            where = self.layout.slice(name)
            absent = ~evidence[:, where].any(axis=1)
            if absent.any():
                guess = self.layout.others(evidence[absent], name) @ predicting
                filled[absent, where] = PREDICTED_NORM * _unit(guess)
        return filled

    def to_bytes(self) -> bytes:
        """Serialise (safetensors; no pickle)."""
        tensors = {f"mean.{name}": np.ascontiguousarray(held) for name, held in self.means.items()}
        tensors |= {f"map.{name}": np.ascontiguousarray(held) for name, held in self.maps.items()}
        described = {
            "format": _FORMAT,
            "spaces": [[space.name, space.dimensions] for space in self.layout.spaces],
            "fitted_on": self.fitted_on,
        }
        return save(tensors, {"kindred": json.dumps(described, sort_keys=True)})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Geometry":
        """Read what `to_bytes` wrote; raises LayoutMismatch when it is something else."""
        try:
            tensors = load(data)
            # The numpy reader leaves the metadata out: eight bytes of length, then a JSON header.
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            described = json.loads(header["__metadata__"]["kindred"])
            if described["format"] != _FORMAT:
                raise LayoutMismatch(f"a geometry in {_FORMAT}, not {described['format']!r}")
            spaces = tuple(Space(str(name), int(length)) for name, length in described["spaces"])
            fitted_on = int(described["fitted_on"])
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise LayoutMismatch(f"these {len(data)} bytes are not a geometry: {error}") from error
        return cls(
            Layout(spaces),
            {name[5:]: held for name, held in tensors.items() if name.startswith("mean.")},
            {name[4:]: held for name, held in tensors.items() if name.startswith("map.")},
            fitted_on,
        )


def joined(blocks: Sequence[Array]) -> Array:
    """Put blocks side by side along the last axis."""
    return np.concatenate(blocks, axis=-1, dtype=np.float32)


def _blocks(vectors: Array, present: Mask, mean: Array) -> Array:
    away = vectors.astype(np.float64) - mean
    blocks = _unit(away)
    blocks[~present] = 0.0
    return blocks


def _unit(rows: NDArray[np.floating]) -> Array:
    """Scale rows to unit length; one within AVERAGE of zero becomes zeros."""
    lengths: NDArray[np.float64] = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    divisors = np.where(lengths > AVERAGE, lengths, np.inf)
    return (rows / divisors).astype(np.float32)


def expect(what: str, held: NDArray[np.generic] | None, shape: tuple[int, ...]) -> None:
    """Raise LayoutMismatch, naming what it is, unless an array is there and of this shape."""
    if held is None or held.shape != shape:
        found = "missing" if held is None else f"of shape {held.shape}"
        raise LayoutMismatch(f"{what} is {found}; the layout expects {shape}")
