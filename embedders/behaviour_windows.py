"""Sequences cut into batches of windows, in an order that a seed decides."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from embedders.behaviour_births import moments_of
from embedders.behaviour_network import Batch
from embedders.sequences import Rows, Sequences
from embedders.spaces import Array, Mask

STRIDE = 64
"""Interactions asked for in a window, at most."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Stretches of people's sequences whose interactions are asked for.

    Attributes:
        sequences: What people did.
        first, after: Shape (n,) each: rows where what was done at the same moment begins and ends.
        moments: Shape (n,): place of each interaction's moment among all people's.
        starts: Shape (w,), row where what is known begins.
        asked: Shape (w,), row of the first interaction asked for.
        ends: Shape (w,), the row after the last.
    """

    sequences: Sequences
    first: Rows
    after: Rows
    moments: Rows
    starts: Rows
    asked: Rows
    ends: Rows

    def __len__(self) -> int:
        return len(self.starts)

    def batches(self, size: int, random: np.random.Generator) -> Iterator[Rows]:
        """Number windows of like lengths, some `size` rows asked together, in random order."""
        lengths = self.ends - self.starts
        # A little noise, so that other windows come together each time.
        order = np.argsort(lengths + 8 * random.random(len(lengths)), kind="stable")
        asked = np.cumsum((self.ends - self.asked)[order])
        groups = np.split(order, np.flatnonzero(np.diff(asked // size)) + 1)
        for place in random.permutation(len(groups)):
            yield groups[place]

    def batch(self, chosen: Rows, worth: Array, within: Mask) -> Batch:
        """Make a batch.

        Args:
            chosen: Numbers of b windows.
            worth: Shape (n,): weight of each interaction as an answer.
            within: Shape (b,): whether those before an answer at its own moment are known, too.
        """
        held = self.sequences
        starts, asked, ends = (each[chosen] for each in (self.starts, self.asked, self.ends))
        rows = starts[:, None] + np.arange(int((ends - starts).max()))
        there = rows < ends[:, None]
        rows = np.where(there, rows, starts[:, None])
        wanted = asked[:, None] + np.arange(int((ends - asked).max()))
        real = wanted < ends[:, None]
        wanted = np.where(real, wanted, asked[:, None])
        known = np.where(within[:, None], wanted, self.first[wanted])
        # Something must be known: a person's first interactions of all are no answers.
        answered = real & (known > starts[:, None])
        moment = held.days[starts][:, None]
        return Batch(
            torch.from_numpy(held.items[rows]),
            torch.from_numpy(np.where(there, held.weights[rows], 0).astype(np.float32)),
            torch.from_numpy((held.days[rows] - moment).astype(np.float32)),
            torch.from_numpy(self.after[rows] - starts[:, None]),
            torch.from_numpy(known - starts[:, None]),
            torch.from_numpy((held.days[wanted] - moment).astype(np.float32)),
            torch.from_numpy(self.moments[wanted]),
            torch.from_numpy(held.items[wanted]),
            torch.from_numpy(np.where(answered, worth[wanted], 0).astype(np.float32)),
        )


def windows(sequences: Sequences, context: int, since: Rows | None = None) -> Windows:
    """Cut every person's run into stretches of at most STRIDE, each with what was before it.

    Args:
        sequences: What people did.
        context: Interactions known before the moment of the first asked for, at most.
        since: Shape (p,): the first row of each person to ask for; a person's first interaction
            of all is never asked for.
    """
    firsts = sequences.starts[:-1] + 1
    if since is not None:
        firsts = np.maximum(firsts, since)
    limits = sequences.starts[1:]
    pieces = np.maximum(-(-(limits - firsts) // STRIDE), 0)
    people = np.repeat(np.arange(len(sequences)), pieces)
    number = np.arange(len(people)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    asked = firsts[people] + number * STRIDE
    first, after = sequences.moments
    return Windows(
        sequences,
        first,
        after,
        moments_of(sequences),
        np.maximum(sequences.starts[people], first[asked] - context),
        asked,
        np.minimum(asked + STRIDE, limits[people]),
    )
