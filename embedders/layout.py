"""Spaces side by side: one joined vector an item, weights only in the query.

    item   v = [ text | image | … ]      each block centred, then unit length, or absent
    query  q = [ w_t·t | w_i·i | … ]
    score    = q·v = Σ over spaces of w_s ⟨s, v_s⟩, without remainder

Imports no model library: ranking uses it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from embedders.errors import LayoutMismatch
from embedders.ridge import RidgeFit
from embedders.spaces import Array, Mask, Space

PRIOR_ITEMS = 50
"""A space's mean is shrunk towards its prior as if the prior had been seen on this many items."""

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
            _expect(f"the mean of {space.name}", self.means.get(space.name), (space.dimensions,))
        for name, held in self.maps.items():
            if all(space.name != name for space in self.layout.spaces):
                raise LayoutMismatch(f"a map predicts {name!r}, which is no space of the layout")
            width = self.layout.slice(name).stop - self.layout.slice(name).start
            _expect(f"the map of {name}", held, (self.layout.dimensions - width, width))

    def evidence(self, raw: RawBatch) -> Array:
        """Return joined vectors as evidence: shape (n, d), absent blocks zero.

        Raises:
            LayoutMismatch: The batch has other spaces or shapes than the layout.
        """
        _check_batch(self.layout, raw)
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
                guess = _others(evidence[absent], where) @ predicting
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


def prior_geometry(layout: Layout, priors: Mapping[str, Array]) -> Geometry:
    """The geometry before anything was seen: means from priors (zero where none), no maps.

    Raises:
        LayoutMismatch: A prior has another length than its space.
    """
    means = {space.name: _prior(space, priors) for space in layout.spaces}
    return Geometry(layout, means, maps={}, fitted_on=0)


def fit(
    layout: Layout,
    batches: Callable[[], Iterable[RawBatch]],
    priors: Mapping[str, Array],
) -> Geometry:
    """Fit means and maps in two passes over a stream, in memory that does not grow with it.

    Args:
        layout: The spaces.
        batches: Called once a pass; both passes must give the same items.
        priors: Space to shape (d_s,), the shipped prior means; zero for spaces left out.

    Raises:
        LayoutMismatch: A batch or a prior has other spaces or shapes than the layout.
    """
    centred = _fit_means(layout, batches(), priors)
    slices = {space.name: layout.slice(space.name) for space in layout.spaces}
    fits = {
        space.name: RidgeFit(layout.dimensions - space.dimensions, space.dimensions)
        for space in layout.spaces
    }
    for raw in batches():
        evidence = centred.evidence(raw)
        for name, where in slices.items():
            others = _others(evidence, where)
            both = evidence[:, where].any(axis=1) & others.any(axis=1)
            fits[name].add(others[both], evidence[both, where])
    solved = {name: fitting.solve() for name, fitting in fits.items()}
    maps = {name: held for name, held in solved.items() if held is not None}
    return Geometry(layout, centred.means, maps, centred.fitted_on)


def joined(blocks: Sequence[Array]) -> Array:
    """Put blocks side by side along the last axis."""
    return np.concatenate(blocks, axis=-1, dtype=np.float32)


def _fit_means(
    layout: Layout, batches: Iterable[RawBatch], priors: Mapping[str, Array]
) -> Geometry:
    """Average each space over the items that have it, shrunk towards its prior."""
    totals: dict[str, NDArray[np.float64]] = {
        space.name: PRIOR_ITEMS * _prior(space, priors).astype(np.float64)
        for space in layout.spaces
    }
    counts = dict.fromkeys(totals, 0)
    items = 0
    for raw in batches:
        _check_batch(layout, raw)
        for name in totals:
            totals[name] += raw.vectors[name][raw.present[name]].sum(axis=0, dtype=np.float64)
            counts[name] += int(raw.present[name].sum())
        items += int(np.any([raw.present[name] for name in totals], axis=0).sum())
    means = {
        name: (total / (counts[name] + PRIOR_ITEMS)).astype(np.float32)
        for name, total in totals.items()
    }
    return Geometry(layout, means, maps={}, fitted_on=items)


def _prior(space: Space, priors: Mapping[str, Array]) -> Array:
    held = priors.get(space.name)
    if held is None:
        return np.zeros(space.dimensions, dtype=np.float32)
    _expect(f"the prior of {space.name}", held, (space.dimensions,))
    return held.astype(np.float32)


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


def _others(evidence: Array, where: slice) -> Array:
    return np.delete(evidence, where, axis=1)


def _check_batch(layout: Layout, raw: RawBatch) -> None:
    items = {len(mask) for mask in raw.present.values()}
    if len(items) > 1:
        raise LayoutMismatch(f"the masks of a batch are equally long, not {sorted(items)}")
    for space in layout.spaces:
        mask = raw.present.get(space.name)
        _expect(f"the mask of {space.name}", mask, (*items,))
        _expect(f"{space.name}", raw.vectors.get(space.name), (*items, space.dimensions))


def _expect(what: str, held: NDArray[np.generic] | None, shape: tuple[int, ...]) -> None:
    if held is None or held.shape != shape:
        found = "missing" if held is None else f"of shape {held.shape}"
        raise LayoutMismatch(f"{what} is {found}; the layout expects {shape}")
