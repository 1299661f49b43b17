"""Points put into groups, none told how many there are: average linkage, cut at a likeness.

Agglomerative clustering finds the few tight groups of a history without a number given beforehand,
as Pal et al. found for people's pins ("PinnerSage", KDD 2020); they use Ward's linkage, where the
threshold is a variance. Here it is a cosine, which means the same for long and short histories, and
finds more of what people chose next (docs/benchmarks/interests.md).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage

from embedders.layout import Layout
from embedders.spaces import Array


def scaled_points(
    vectors: Sequence[Array], layout: Layout, weights: dict[str, float]
) -> NDArray[np.float64]:
    """Scale joined vectors so that their inner products are weighted cosines.

    Args:
        vectors: n of shape (d,), each with a block or more.
        layout: The spaces.
        weights: Space to worth.

    Returns:
        Shape (n, d), rows of unit length; a row with nothing in the spaces of any worth is zero.
    """
    scale = np.zeros(layout.dimensions)
    for space in layout.spaces:
        scale[layout.slice(space.name)] = np.sqrt(weights.get(space.name, 0.0))
    points = np.stack(vectors) * scale
    lengths = np.sqrt(np.einsum("ij,ij->i", points, points))[:, np.newaxis]
    unit: NDArray[np.float64] = np.divide(
        points, lengths, out=np.zeros_like(points), where=lengths > 0
    )
    return unit


def grouped(points: NDArray[np.float64], *, nearness: float) -> list[tuple[int, ...]]:
    """Put points into groups whose members are near each other on average.

    Args:
        points: Shape (n, d), rows of unit length.
        nearness: Two groups become one while the average cosine between them is at least this,
            -1 to 1.

    Returns:
        Row numbers, each in one group, ascending; groups by their first row.
    """
    if len(points) < 2:
        return [(row,) for row in range(len(points))]
    distances = np.clip(1.0 - points @ points.T, 0.0, 2.0)
    above = np.concatenate([row[at + 1 :] for at, row in enumerate(distances)])
    # Cut by hand: scipy's fcluster takes as long to check the tree as to make it. With average
    # linkage later merges are never nearer.
    found: dict[int, tuple[int, ...]] = {row: (row,) for row in range(len(points))}
    for number, (one, other, distance, _) in enumerate(linkage(above, "average").tolist()):
        if distance > 1.0 - nearness:
            break
        found[len(points) + number] = found.pop(int(one)) + found.pop(int(other))
    return sorted(tuple(sorted(rows)) for rows in found.values())


def middle(points: NDArray[np.float64], weights: NDArray[np.float64]) -> int:
    """Return the row nearest to all others, the heavier the more (a medoid); ties to the first."""
    likeness = (points @ points.T) @ weights
    # Rounded, so that rows that are the same tie, whichever way their products were summed.
    return int(np.argmax(np.round(likeness / weights.sum(), 9)))
