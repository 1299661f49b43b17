"""What a generation fixes, fitted on a catalogue: the means its blocks are centred on, and maps.

Imports no model library: the indexer uses it.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from embedders.layout import Geometry, Layout, RawBatch, expect
from embedders.ridge import RidgeFit
from embedders.spaces import Array, Space

PRIOR_ITEMS = 50
"""A space's mean is shrunk towards its prior as if the prior had been seen on this many items."""


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
    fits = {
        space.name: RidgeFit(layout.dimensions - space.dimensions, space.dimensions)
        for space in layout.spaces
    }
    for raw in batches():
        evidence = centred.evidence(raw)
        for name, fitting in fits.items():
            block, others = evidence[:, layout.slice(name)], layout.others(evidence, name)
            both = block.any(axis=1) & others.any(axis=1)
            fitting.add(others[both], block[both])
    solved = {name: fitting.solve() for name, fitting in fits.items()}
    maps = {name: held for name, held in solved.items() if held is not None}
    return Geometry(layout, centred.means, maps, centred.fitted_on)


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
        raw.check(layout)
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
    expect(f"the prior of {space.name}", held, (space.dimensions,))
    return held.astype(np.float32)
