"""Spaces side by side: one joined vector an item, weights only in the query.

    item   v = [ text | image | … ]      each block centred, then unit length, or absent
    query  q = [ w_t·t | w_i·i | … ]
    score    = q·v = Σ over spaces of w_s ⟨s, v_s⟩, without remainder

Imports numpy alone: ranking uses it, and must not load a model library.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from embedders.spaces import Array, Mask, Space

PRIOR_ITEMS = 50
"""A space's mean is shrunk towards its prior as if the prior had been seen on this many items."""

PREDICTED_NORM = 0.85
"""Length of a predicted block: items lacking the part then get about their share of places."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The spaces of the item vector, in order."""

    spaces: tuple[Space, ...]

    @property
    def dimensions(self) -> int:
        """Length of the joined vector."""
        raise NotImplementedError

    def slice(self, space: str) -> slice:
        """Where a space's block lies in the joined vector; KeyError for an unknown name."""
        raise NotImplementedError

    def query(self, blocks: Array, weights: Mapping[str, float]) -> Array:
        """Weigh the blocks of a joined vector.

        Args:
            blocks: Shape (d,) or (q, d).
            weights: Space to weight, 0 or more; a space left out weighs 0. Used as given.

        Returns:
            The same shape, float32.
        """
        raise NotImplementedError

    def split(self, query: Array, candidate: Array) -> dict[str, float]:
        """Split the score of one query and one candidate by space; the parts sum to q·v."""
        raise NotImplementedError


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

    def evidence(self, raw: RawBatch) -> Array:
        """Return joined vectors as evidence: shape (n, d), absent blocks zero."""
        raise NotImplementedError

    def candidates(self, raw: RawBatch) -> Array:
        """Return joined vectors as candidates: shape (n, d), absent blocks predicted.

        A predicted block has length PREDICTED_NORM; it is zero where no map was fitted or nothing
        is present to predict from.
        """
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """Serialise (safetensors; no pickle)."""
        raise NotImplementedError

    @classmethod
    def from_bytes(cls, data: bytes) -> "Geometry":
        """Read what `to_bytes` wrote; raises LayoutMismatch when it is something else."""
        raise NotImplementedError


def prior_geometry(layout: Layout, priors: Mapping[str, Array]) -> Geometry:
    """The geometry before anything was seen: means from priors (zero where none), no maps."""
    raise NotImplementedError


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
    """
    raise NotImplementedError


def joined(blocks: Sequence[Array]) -> Array:
    """Put blocks side by side along the last axis."""
    raise NotImplementedError
