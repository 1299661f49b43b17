"""The nearest candidates, found by looking at every one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.similar.catalogue import Catalogue, Rows
from embedders.spaces import Array

PLACES = 10
"""Length of the lists everything here is measured on."""

_AT_ONCE = 512
"""Questions scored together, so that memory does not grow with the square of the catalogue."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What was found.

    Attributes:
        questions: Shape (q,), rows of the catalogue that were asked for.
        found: Shape (q, PLACES), rows of the catalogue, the nearest first; -1 after the last where
            the catalogue is smaller.
        scores: Shape (q, PLACES).
    """

    questions: Rows
    found: Rows
    scores: Array

    def of(self, chosen: NDArray[np.bool_]) -> "Lists":
        """Keep the lists of questions for which a mask over the catalogue says True."""
        kept = chosen[self.questions]
        return Lists(self.questions[kept], self.found[kept], self.scores[kept])


@dataclass(frozen=True, slots=True)
class Alike:
    """Shares from 0 to 1 of places taken by items like the one asked for.

    Attributes:
        type: Of the same article type.
        colour: Of the same colour.
        both: Of the same article type and colour.
    """

    type: float
    colour: float
    both: float


def nearest(queries: Array, candidates: Array, questions: Rows | None = None) -> Lists:
    """Find the best candidates for some of them, each left out of its own list.

    Args:
        queries: Shape (n, d), one row a candidate.
        candidates: Shape (n, d).
        questions: Shape (q,), the rows to ask for; every one by default.

    Returns:
        Lists by falling score q·v; equal scores in the order of the catalogue.
    """
    asked = np.arange(len(queries)) if questions is None else questions
    found = np.full((len(asked), PLACES), -1, dtype=np.int64)
    scores = np.zeros((len(asked), PLACES), dtype=np.float32)
    for start in range(0, len(asked), _AT_ONCE):
        rows = asked[start : start + _AT_ONCE]
        scored = queries[rows] @ candidates.T
        scored[np.arange(len(rows)), rows] = -np.inf
        for place, row in enumerate(scored):
            best = _best(row)
            found[start + place, : len(best)] = best
            scores[start + place, : len(best)] = row[best]
    return Lists(asked, found, scores)


def _best(scores: Array) -> Rows:
    places = min(PLACES, len(scores) - 1)
    if places < 1:
        return np.zeros(0, dtype=np.int64)
    last = np.partition(scores, len(scores) - places)[len(scores) - places]
    among = np.flatnonzero(scores >= last)  # more than PLACES where scores tie
    best: Rows = among[np.argsort(-scores[among], kind="stable")][:places]
    return best


def alike(lists: Lists, catalogue: Catalogue) -> Alike:
    """Measure lists by what their items are; places left empty count as unlike."""
    same_type = same(lists, catalogue, "articleType")
    same_colour = same(lists, catalogue, "baseColour")
    if not same_type.size:
        return Alike(0.0, 0.0, 0.0)
    return Alike(
        float(same_type.mean()), float(same_colour.mean()), float((same_type & same_colour).mean())
    )


def same(lists: Lists, catalogue: Catalogue, label: str) -> NDArray[np.bool_]:
    """Say which places have the label of their question, shape (q, PLACES); unknown is unlike."""
    labels = catalogue.label(label)
    wanted = labels[lists.questions][:, None]
    there = (lists.found >= 0) & (wanted >= 0)
    equal: NDArray[np.bool_] = there & (labels[lists.found] == wanted)
    return equal


def chance(catalogue: Catalogue) -> Alike:
    """What lists drawn at random would have."""
    others = max(len(catalogue) - 1, 1)
    return Alike(*(float(_others(labels).mean() / others) for labels in _labels(catalogue)))


def ceiling(catalogue: Catalogue) -> Alike:
    """What perfect lists would have: rare kinds cannot fill their ten places."""
    full = (np.minimum(_others(labels), PLACES) / PLACES for labels in _labels(catalogue))
    return Alike(*(float(share.mean()) for share in full))


def _labels(catalogue: Catalogue) -> tuple[Rows, Rows, Rows]:
    """Number types, colours and their pairs; -1 where one is not known."""
    types, colours = catalogue.label("articleType"), catalogue.label("baseColour")
    known = (types >= 0) & (colours >= 0)
    return types, colours, np.where(known, types * (colours.max() + 1) + colours, -1)


def _others(labels: Rows) -> Rows:
    """Count how many others have each row's label; 0 where it is not known."""
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    others: Rows = np.where(labels >= 0, counts[inverse] - 1, 0)
    return others
