"""A generation's whole item vector: content blocks as its geometry has them, then behaviour.

Imports no model library: ranking uses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from embedders.behaviour import SPACE, BehaviourModel
from embedders.errors import LayoutMismatch
from embedders.layout import Geometry, Layout, RawBatch, joined
from embedders.spaces import Array, Mask, Space


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learned of n items from what people did with them.

    Attributes:
        candidates: Shape (n, d), float32, unit length; zeros where not `known`.
        evidence: Shape (n, d), float32; zeros where not `known`.
        known: Shape (n,), bool; False for items that were not there to be learned.
    """

    candidates: Array
    evidence: Array
    known: Mask


@dataclass(frozen=True, slots=True)
class Joined:
    """The two vectors of n items.

    Attributes:
        evidence: Shape (n, d), float32; absent content blocks zero.
        candidates: Shape (n, d), float32; absent blocks predicted.
        known: Shape (n,), bool; whether behaviour was learned of the item itself.
    """

    evidence: Array
    candidates: Array
    known: Mask


@dataclass(frozen=True, slots=True)
class Joining:
    """Joins blocks into item vectors.

    Attributes:
        geometry: Of the content blocks.
        behaviour: What was learned, or None while nothing was.
        layout: The content spaces, and behaviour last if there is any.
    """

    geometry: Geometry
    behaviour: BehaviourModel | None = None
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        content = self.geometry.layout
        if self.behaviour is None:
            object.__setattr__(self, "layout", content)
            return
        if len(self.behaviour.candidate_map) != content.dimensions:
            raise LayoutMismatch(
                f"a behaviour model of content {len(self.behaviour.candidate_map)} long does not "
                f"fit a geometry {content.dimensions} long"
            )
        space = Space(SPACE, self.behaviour.dimensions)
        object.__setattr__(self, "layout", Layout((*content.spaces, space)))

    def join(self, raw: RawBatch, learnt: Learnt | None = None) -> Joined:
        """Join n items' blocks.

        Args:
            raw: Of the content spaces.
            learnt: Of the same items; None when nothing was learned of any.

        Raises:
            LayoutMismatch: The batch has other spaces or shapes than the layout.
        """
        evidence, candidates = self.geometry.evidence(raw), self.geometry.candidates(raw)
        known = np.zeros(len(evidence), dtype=np.bool_)
        model = self.behaviour
        if model is None:
            return Joined(evidence, candidates, known)
        says, shows = model.evidence(evidence), model.candidates(evidence)
        if learnt is not None:
            known = learnt.known
            says[known], shows[known] = learnt.evidence[known], learnt.candidates[known]
        return Joined(joined([evidence, says]), joined([candidates, shows]), known)

    def predicted(self, made: Joined) -> Mapping[str, Mask]:
        """Say where blocks of candidates are guesses: space to shape (n,).

        A content block where the item lacks it; behaviour where none was learned of the item.
        """
        found: dict[str, Mask] = {}
        for space in self.layout.spaces:
            place = self.layout.slice(space.name)
            own = made.known if space.name == SPACE else _there(made.evidence[:, place])
            found[space.name] = _there(made.candidates[:, place]) & ~own
        return found

    def asked(self, raw: RawBatch) -> Array:
        """Join what was asked in words or pictures: shape (n, d), nothing in behaviour."""
        content = self.geometry.evidence(raw)
        filled = np.zeros((len(content), self.layout.dimensions), dtype=np.float32)
        filled[:, : content.shape[1]] = content
        return filled


def _there(blocks: Array) -> Mask:
    return np.asarray(blocks.any(axis=1))


def translated(model: BehaviourModel, before: Array, after: Array) -> BehaviourModel:
    """Carry a model's maps over to content blocks that were centred or embedded anew.

    The maps are fitted, by least squares, to what they gave before; what was learned of single
    items stays as it is.

    Args:
        model: Its maps take `before`.
        before: Shape (n, c), float32, content blocks of some items as they were.
        after: Shape (n, e), float32, of the same items as they are.

    Returns:
        The model with maps that take e numbers.
    """
    wide = after.astype(np.float64)
    gram = wide.T @ wide
    # A thousandth of the mean variance: enough to solve for blocks that few items have.
    ridge = 1e-3 * max(float(np.trace(gram)) / max(len(gram), 1), 1e-6)
    gram[np.diag_indices_from(gram)] += ridge
    maps = []
    for held in (model.candidate_map, model.evidence_map):
        given = before.astype(np.float64) @ held
        maps.append(np.linalg.solve(gram, wide.T @ given).astype(np.float32))
    return BehaviourModel(maps[0], maps[1], model.decays, model.context, model.length)
