"""The mean of a network's values over the latest part of its training.

Each step leaves the values somewhere around where they should be, the further the longer the steps
are; the mean of many such places is nearer to it than the last of them (Polyak and Juditsky 1992;
Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", 2018). It
costs one more copy of the values, and nothing when lists are asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

MOMENTS = 8
"""Of a pass; as many of two passes, or of half of one, were no better on films or in a shop."""


class Average:
    """The mean of a network's values at some moments of a pass.

    Args:
        network: Whose; training goes on in it, and does not see the mean.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._means = [each.detach().clone() for each in network.parameters()]
        self._taken = 0

    def begin(self) -> None:
        """Forget the moments so far."""
        self._taken = 0

    @torch.no_grad()
    def take(self) -> None:
        """Add the values as they are now."""
        self._taken += 1
        for mean, value in zip(self._means, self._network.parameters(), strict=True):
            mean.lerp_(value, 1 / self._taken)

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        """Have the network hold the mean; its own values are back afterwards."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for place, value in enumerate(self._network.parameters()):
            value.data, self._means[place] = self._means[place], value.data
