"""Evidence mixed into one joined vector, and the coefficients it was mixed with.

    block of space s   b_s = u_s / |u_s|,   u_s = Σ over voices j of a_j · e_js
    score of item v    Σ_s w_s ⟨b_s, v_s⟩ = Σ_j Σ_s (w_s · a_j / |u_s|) ⟨e_js, v_s⟩

a_j is what is known of voice j, e_js its block. The second line is why keeping a_j / |u_s| makes
explanations exact: they are the score, written out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.recommend.answers import Evidence, ReasonKind
from embedders.layout import Layout
from embedders.spaces import Array

LEAST_LENGTH = 1e-6
"""Shorter sums, as a share of what went in, are rounding errors of evidence that cancels out."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One thing that speaks for something: a past item, an example, words, a picture.

    Attributes:
        kind, name, title, evidence: What reasons say of it (`app.recommend.answers.Reason`).
        weight: How much it says, above 0; the unit does not matter within one mix.
        vector: Shape (d,), its joined vector as evidence.
    """

    kind: ReasonKind
    name: str
    weight: float
    vector: Array
    title: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Mix:
    """Voices as one query.

    Attributes:
        blocks: Shape (d,), float32; each space's block of unit length, or zero where no voice has
            one.
        voices: The n it was made of, by kind and name.
        rows: Shape (n, d), float64, their vectors.
        coefficients: Space to shape (n,), float64: what each row was multiplied with in that space.
    """

    blocks: Array
    voices: tuple[Voice, ...]
    rows: NDArray[np.float64]
    coefficients: Mapping[str, NDArray[np.float64]]


def mixed(voices: Sequence[Voice], layout: Layout) -> Mix | None:
    """Mix voices into one vector, every space's block of unit length.

    Returns:
        None when they say nothing: there are none, their vectors are zero, or they cancel out.
    """
    if not voices:
        return None
    ordered, rows, weights = _laid_out(voices)
    coefficients = {
        space.name: _unit_mix(weights, rows[:, layout.slice(space.name)]) for space in layout.spaces
    }
    return _mix(ordered, rows, coefficients, layout)


def unmixed(voice: Voice, layout: Layout) -> Mix | None:
    """Take one vector just as it is, its predicted parts with their own length; None if zero."""
    ordered, rows, _ = _laid_out([voice])
    return _mix(ordered, rows, {space.name: np.ones(1) for space in layout.spaces}, layout)


def _laid_out(
    voices: Sequence[Voice],
) -> tuple[tuple[Voice, ...], NDArray[np.float64], NDArray[np.float64]]:
    ordered = tuple(sorted(voices, key=lambda each: (each.kind, each.name)))
    rows = np.stack([each.vector for each in ordered]).astype(np.float64)
    weights = np.array([each.weight for each in ordered], dtype=np.float64)
    # So that years of decay do not end in numbers too small to square.
    return ordered, rows, weights / float(np.abs(weights).max())


def _mix(
    voices: tuple[Voice, ...],
    rows: NDArray[np.float64],
    coefficients: Mapping[str, NDArray[np.float64]],
    layout: Layout,
) -> Mix | None:
    blocks = np.zeros(layout.dimensions, dtype=np.float32)
    for space in layout.spaces:
        place = layout.slice(space.name)
        blocks[place] = coefficients[space.name] @ rows[:, place]
    return Mix(blocks, voices, rows, coefficients) if blocks.any() else None


def _unit_mix(weights: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale weights so that the weighted sum of rows has unit length; zeros where there is none."""
    most = float(np.abs(weights * np.linalg.norm(rows, axis=1)).sum())
    length = float(np.linalg.norm(weights @ rows))
    if length <= LEAST_LENGTH * most:
        return np.zeros_like(weights)
    scaled: NDArray[np.float64] = weights / length
    return scaled
