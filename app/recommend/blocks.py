"""Item vectors parted: content, by which interests are found, and what behaviour says."""

from collections.abc import Mapping, Sequence

import numpy as np

from embedders.behaviour import SPACE
from embedders.layout import Layout
from embedders.spaces import Array


def content_spaces(layout: Layout) -> list[str]:
    """Return the names of the spaces that are embedded from content."""
    return [space.name for space in layout.spaces if space.name != SPACE]


def has_behaviour(layout: Layout) -> bool:
    """Say whether there is a space of behaviour."""
    return any(space.name == SPACE for space in layout.spaces)


def parted(
    vectors: Mapping[int, Array], layout: Layout
) -> tuple[Mapping[int, Array], Mapping[int, Array]]:
    """Part joined vectors.

    Args:
        vectors: Item key to shape (d,).
        layout: The spaces.

    Returns:
        Item key to shape (d,), zeros in behaviour, those left out that have nothing else; and item
        key to the block of behaviour alone. The second is empty, and the first as given, where
        there is no such space.
    """
    if not vectors or not has_behaviour(layout):
        return vectors, {}
    place = layout.slice(SPACE)
    rows = np.stack(list(vectors.values()))
    blocks = rows[:, place].copy()
    rows[:, place] = 0.0
    there = np.flatnonzero(rows.any(axis=1)).tolist()
    keys = list(vectors)
    return {keys[row]: rows[row] for row in there}, dict(zip(keys, blocks, strict=True))


def without(vector: Array, spaces: Sequence[str], layout: Layout) -> Array:
    """Return a joined vector, shape (d,), with zeros in these spaces."""
    cleared = vector.copy()
    for space in spaces:
        cleared[layout.slice(space)] = 0.0
    return cleared
