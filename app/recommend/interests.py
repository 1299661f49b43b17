"""A person's interest as one joined vector, and the coefficients it was mixed with.

    block of space s   b_s = u_s / |u_s|,   u_s = Σ over past items j of a_j · e_js
    score of item v    Σ_s w_s ⟨b_s, v_s⟩ = Σ_j Σ_s (w_s · a_j / |u_s|) ⟨e_js, v_s⟩

a_j is what the person's interactions say of item j, e_js the item's evidence block. The second line
is why keeping a_j / |u_s| makes explanations exact: they are the score, written out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedders.layout import Layout
from embedders.spaces import Array

LEAST_LENGTH = 1e-6
"""Shorter sums, as a share of what went in, are rounding errors of evidence that cancels out."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a person is after.

    Attributes:
        blocks: Shape (d,), float32; each space's block of unit length, or zero where nothing in
            that space speaks for anything.
        keys: The n past items it was made of, ascending.
        evidence: Shape (n, d), float64, their joined vectors, one row an item of `keys`.
        coefficients: Space to shape (n,), float64: what each row was multiplied with in that space.
    """

    blocks: Array
    keys: tuple[int, ...]
    evidence: NDArray[np.float64]
    coefficients: Mapping[str, NDArray[np.float64]]


def interest_of(
    affinities: Mapping[int, float], evidence: Mapping[int, Array], layout: Layout
) -> Interest | None:
    """Mix the evidence of past items into one interest.

    Args:
        affinities: Item key to weight, below 0 for what the person does not like; the unit does
            not matter.
        evidence: Item key to shape (d,); items without a vector are left out and say nothing.
        layout: The spaces.

    Returns:
        None when nothing speaks for anything: no vectors, only dislikes, or all of it cancels out.
        Dislikes alone say where not to go, and the far side of them is no taste.
    """
    keys = tuple(sorted(key for key in affinities if key in evidence))
    if not keys:
        return None
    rows = np.stack([evidence[key] for key in keys]).astype(np.float64)
    weights = np.array([affinities[key] for key in keys], dtype=np.float64)
    largest = float(np.abs(weights).max())
    if largest == 0.0:
        return None
    weights /= largest  # so that years of decay do not end in numbers too small to square
    blocks = np.zeros(layout.dimensions, dtype=np.float32)
    coefficients: dict[str, NDArray[np.float64]] = {}
    for space in layout.spaces:
        place = layout.slice(space.name)
        mixed = _unit_mix(weights, rows[:, place])
        coefficients[space.name] = mixed
        blocks[place] = mixed @ rows[:, place]
    if not blocks.any():
        return None
    return Interest(blocks, keys, rows, coefficients)


def _unit_mix(weights: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale weights so that the weighted sum of rows has unit length; zeros where there is none."""
    lengths = np.linalg.norm(rows, axis=1)
    speaking = weights * lengths
    if not (speaking > 0).any():
        return np.zeros_like(weights)
    length = float(np.linalg.norm(weights @ rows))
    if length <= LEAST_LENGTH * float(np.abs(speaking).sum()):
        return np.zeros_like(weights)
    return weights / length
