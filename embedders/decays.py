"""How much each thing a person did still says, without a model library: ranking uses it.

    block = Σ_j a_j ⊙ evidence_j        a_j[d] = weight_j · Σ_k mix[k, d] · exp(-n_j r_k - t_j s_k)

where n_j counts the interactions since j, t_j is the time since in days, and the mix was learned.
What happened at one moment, like the lines of an order, has no order and the same n. The block is
a weighted sum, so each past item's part of a score is known exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedders.errors import LayoutMismatch
from embedders.sequences import Days
from embedders.spaces import Array


@dataclass(frozen=True, slots=True)
class Decays:
    """A mix of k exponential decays, another one in each of d dimensions.

    Attributes:
        per_interaction: Shape (k,), float32, 0 or more: decay with each later interaction.
        per_day: Shape (k,), float32, 0 or more: decay with each day.
        mix: Shape (k, d), float32.
    """

    per_interaction: Array
    per_day: Array
    mix: Array

    def __post_init__(self) -> None:
        scales = self.mix.shape[:1]
        if self.per_interaction.shape != scales or self.per_day.shape != scales:
            raise LayoutMismatch(
                f"a mix of {scales} decays has as many rates, not {self.per_interaction.shape} "
                f"and {self.per_day.shape}"
            )

    def coefficients(self, weights: Array, days: Days) -> Array:
        """Say what each interaction counts in each dimension.

        Args:
            weights: Shape (n,), evidence.
            days: Shape (n,), float64, how long ago; below 0 counts as now.

        Returns:
            Shape (n, d), float32. The person's block is the sum of coefficient x evidence.
        """
        elapsed: NDArray[np.float64] = np.maximum(days, 0.0)
        since = np.searchsorted(np.sort(elapsed), elapsed, side="left")
        faded = np.exp(-since[:, None] * self.per_interaction - elapsed[:, None] * self.per_day)
        return (weights[:, None] * (faded @ self.mix)).astype(np.float32)
