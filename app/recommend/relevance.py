"""What is asked of a generation: several queries, what speaks against, and the exact score.

    relevance of v = max over aspects a of  Σ_s w_s ⟨q_as, v_s⟩   (the best of a person's interests)
                   - max over dislikes j of n_j Σ_s w_s max(0, ⟨e_js, v_s⟩ - τ)

An aspect is a mix, or two of them blended: what is asked for, bent by one interest. As every mix is
a weighted sum of voices, the score splits into voice and space without remainder. A dislike costs
what is nearest to it; the dearest alone counts, so that ten dislikes of mugs do not bury all mugs.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.recommend.answers import Reason
from app.recommend.mix import Mix, Voice
from embedders.behaviour import SPACE
from embedders.layout import Layout
from embedders.spaces import Array

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """A mix and what it is worth in its aspect."""

    mix: Mix
    worth: float


@dataclass(frozen=True, slots=True)
class Aspect:
    """One way to be relevant.

    Attributes:
        interest: Name of the person's interest it stands for, or None.
        share: Of the places, 0 to 1.
        parts: Blended.
    """

    interest: str | None
    share: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Dislike:
    """What speaks against its neighbours.

    Attributes:
        voice: The item.
        strength: What likeness beyond the threshold costs, above 0.
    """

    voice: Voice
    strength: float


@dataclass(frozen=True)
class Question:
    """A question put to one generation.

    Attributes:
        layout: Its spaces.
        weights: Space to weight, scaled to sum 1.
        aspects: One or more.
        dislikes: Perhaps none.
        nearness: The τ of dislikes.
        muted: Interests that are not to be served: what is nearer to one of them than to any aspect
            is theirs.
    """

    layout: Layout
    weights: Mapping[str, float]
    aspects: tuple[Aspect, ...]
    dislikes: tuple[Dislike, ...] = ()
    nearness: float = 0.0
    muted: tuple[Mix, ...] = ()

    def speaking(self) -> "Question | None":
        """Leave out aspects that say nothing in the spaces of any weight; None when all do."""
        if not self.aspects:
            return None
        said: list[bool] = (self.queries() != 0).any(axis=1).tolist()
        if all(said):
            return self
        kept = tuple(each for each, says in zip(self.aspects, said, strict=True) if says)
        return replace(self, aspects=kept) if kept else None

    def queries(self) -> Array:
        """Return what to search for: shape (k, d), float32, one row an aspect."""
        return self._asked

    @cached_property
    def _asked(self) -> Array:
        return self._queries(self.weights)

    def _queries(self, weights: Mapping[str, float]) -> Array:
        rows = [
            sum((part.worth * part.mix.blocks for part in aspect.parts), np.float32(0))
            for aspect in self.aspects
        ]
        return self.layout.query(np.stack(rows).astype(np.float32), weights)

    def scores(self, vectors: Array) -> tuple[Scores, NDArray[np.intp]]:
        """Score candidates.

        Args:
            vectors: Shape (n, d), joined vectors as candidates.

        Returns:
            Relevance, shape (n,), and the row of each one's best aspect, ties to the first.
        """
        exact = vectors.astype(np.float64)
        likeness = exact @ self.queries().T.astype(np.float64)
        best = likeness.argmax(axis=1)
        relevance = likeness[np.arange(len(vectors)), best]
        if self.dislikes:
            relevance = relevance - self._costs(exact).max(axis=1)
        return relevance, best

    def unwelcome(self, vectors: Array) -> NDArray[np.bool_]:
        """Say which candidates belong to a muted interest: shape (n,)."""
        if not self.muted:
            return np.zeros(len(vectors), dtype=np.bool_)
        # Muted interests have no behaviour, so that nothing is compared by it.
        weights = {space: worth for space, worth in self.weights.items() if space != SPACE}
        if not any(weights.values()):
            weights = dict.fromkeys(weights, 1.0)
        off = self.layout.query(np.stack([each.blocks for each in self.muted]), weights)
        best = (vectors @ self._queries(weights).T).max(axis=1)
        nearer: NDArray[np.bool_] = (vectors @ off.T).max(axis=1) > best
        return nearer

    def reasons(self, vector: Array, aspect: int, predicted: Collection[str]) -> tuple[Reason, ...]:
        """Split a candidate's relevance into voice x space.

        Args:
            vector: Shape (d,), as a candidate.
            aspect: The row of its best aspect.
            predicted: Its spaces that were predicted.

        Returns:
            In no order; their sum is the relevance. Parts of exactly 0 are left out.
        """
        amounts: dict[tuple[str, str, str], float] = {}
        voices: dict[tuple[str, str], Voice] = {}
        for part in self.aspects[aspect].parts:
            for space in self.layout.spaces:
                place = self.layout.slice(space.name)
                worth = part.worth * self.weights.get(space.name, 0.0)
                if worth == 0.0 or not part.mix.blocks[place].any():
                    continue
                alike = part.mix.rows[:, place] @ vector[place].astype(np.float64)
                given = worth * part.mix.coefficients[space.name] * alike
                for voice, amount in zip(part.mix.voices, given.tolist(), strict=True):
                    key = (voice.kind, voice.name, space.name)
                    voices.setdefault(key[:2], voice)
                    amounts[key] = amounts.get(key, 0.0) + amount
        reasons = [
            _reason(voices[kind, name], space, amount, predicted)
            for (kind, name, space), amount in amounts.items()
            if amount != 0.0
        ]
        return (*reasons, *self._against(vector, predicted))

    def _against(self, vector: Array, predicted: Collection[str]) -> list[Reason]:
        if not self.dislikes:
            return []
        dearest = self.dislikes[int(self._costs(vector[np.newaxis, :])[0].argmax())]
        reasons = []
        for space in self.layout.spaces:
            place = self.layout.slice(space.name)
            alike = float(dearest.voice.vector[place].astype(np.float64) @ vector[place])
            cost = dearest.strength * self.weights.get(space.name, 0.0) * (alike - self.nearness)
            if cost > 0.0:
                reasons.append(_reason(dearest.voice, space.name, -cost, predicted))
        return reasons

    def _costs(self, vectors: Array | Scores) -> Scores:
        """What each dislike costs each candidate: shape (n, m)."""
        rows = np.stack([each.voice.vector for each in self.dislikes]).astype(np.float64)
        costs = np.zeros((len(vectors), len(rows)))
        for space in self.layout.spaces:
            place = self.layout.slice(space.name)
            alike = vectors[:, place].astype(np.float64, copy=False) @ rows[:, place].T
            costs += self.weights.get(space.name, 0.0) * np.maximum(alike - self.nearness, 0.0)
        scaled: Scores = costs * np.array([each.strength for each in self.dislikes])
        return scaled


def strength(weight: float, *, most: float, half: float) -> float:
    """Say what evidence against an item costs its neighbours, saturating.

    Args:
        weight: Below 0.
        most: Approached by ever more evidence.
        half: The weight (above 0) that costs half of that.
    """
    return most * -weight / (-weight + half)


def total(reasons: Collection[Reason]) -> float:
    """Return the score that reasons sum to."""
    return math.fsum(each.amount for each in reasons)


def _reason(voice: Voice, space: str, amount: float, predicted: Collection[str]) -> Reason:
    return Reason(
        voice.kind, voice.name, space, amount, space in predicted, voice.evidence, voice.title
    )
