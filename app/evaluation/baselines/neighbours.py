"""Items liked by the same people (Sarwar et al., "Item-based collaborative filtering", 2001)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from app.evaluation.methods import Scores, alone, last_items, positive_only, profiles, ranked
from app.evaluation.metrics import Ints, Ranking
from app.evaluation.splits import Questions

_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class ItemKNN:
    """Cosine between items by who liked them, shrunk where few did.

    sim(i, j) = both / (√(n_i n_j) + shrinkage), the nearest `neighbours` of each item kept, as in
    Ferrari Dacrema et al., "A troubling analysis of reproducibility", TOIS 2021.

    Attributes:
        shrinkage: 0 or more; 10 people in common are then worth half of what their cosine says.
        neighbours: Kept of each item.
        last_only: Whether only the person's last item is asked about, not all of them.
    """

    shrinkage: float = 10.0
    neighbours: int = 200
    last_only: bool = False

    @property
    def name(self) -> str:
        """What reports call it."""
        return "item-knn-last" if self.last_only else "item-knn"

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        near = neighbours(asked.liked.touches(), self.shrinkage, self.neighbours)
        width = len(asked.train.things)
        known = alone(last_items(asked), width) if self.last_only else profiles(asked)

        def scores(places: Ints) -> Scores:
            return positive_only(np.asarray((known[places] @ near).todense()))

        return ranked(asked, scores, k)


def neighbours(touches: "sparse.csr_array", shrinkage: float, most: int) -> "sparse.csr_array":
    """Find each item's nearest ones.

    Args:
        touches: Shape (people, items), 0 or 1.
        shrinkage: Added to the denominator.
        most: How many are kept of each item; all that are as near as the last of them, too.

    Returns:
        Shape (items, items), float32: row i holds how near i's neighbours are; no item is its own.
    """
    sizes = np.asarray(touches.sum(axis=0)).ravel()
    lengths = np.sqrt(sizes)
    across = sparse.csr_array(touches.T)
    blocks = []
    for start in range(0, touches.shape[1], _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, touches.shape[1]))
        both = np.asarray((across[rows] @ touches).todense(), dtype=np.float64)
        both[np.arange(rows.size), rows] = 0
        near = both / (lengths[rows][:, None] * lengths[None] + shrinkage + 1e-12)
        if most < near.shape[1]:
            floor = np.partition(near, near.shape[1] - most, axis=1)[:, near.shape[1] - most]
            near[near < floor[:, None]] = 0
        blocks.append(sparse.csr_array(near.astype(np.float32)))
    return sparse.csr_array(sparse.vstack(blocks))
