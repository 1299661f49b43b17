"""Sequences cut into batches of windows, in an order that a seed decides."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from embedders.behaviour_network import Batch
from embedders.sequences import Rows, Sequences

STRIDE = 64
"""Interactions asked for in a window, at most."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Stretches of people's sequences whose interactions are asked for.

    Attributes:
        starts: Shape (w,), row where what is known begins.
        asked: Shape (w,), row of the first interaction asked for.
        ends: Shape (w,), the row after the last.
        limits: Shape (w,), the row after the person's last.
    """

    starts: Rows
    asked: Rows
    ends: Rows
    limits: Rows

    def batches(self, size: int, random: np.random.Generator) -> Iterator[Rows]:
        """Number windows of like lengths, some `size` rows asked together, in random order."""
        lengths = self.ends - self.starts
        jitter = random.random(len(lengths))
        order = np.argsort(lengths + 8 * jitter, kind="stable")
        asked = np.cumsum((self.ends - self.asked)[order])
        groups = np.split(order, np.flatnonzero(np.diff(asked // size)) + 1)
        for place in random.permutation(len(groups)):
            yield groups[place]


def windows(sequences: Sequences, context: int, since: Rows | None = None) -> Windows:
    """Cut every person's run into stretches of at most STRIDE, each with what was before it.

    Args:
        sequences: What people did.
        context: Interactions known before the first asked for, at most.
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
    return Windows(
        np.maximum(sequences.starts[people], asked - context),
        asked,
        np.minimum(asked + STRIDE, limits[people]),
        limits[people],
    )


def gathered(
    sequences: Sequences,
    cut: Windows,
    chosen: Rows,
    worth: NDArray[np.float32],
    ahead: NDArray[np.int64] | None = None,
) -> Batch:
    """Make a batch of the windows `chosen`.

    Args:
        sequences: What people did.
        cut: All windows.
        chosen: Numbers of some.
        worth: Shape (n,): weight of each interaction as an answer.
        ahead: Shape (n,): how many interactions later the answer lies than the one asked for; an
            answer beyond a person's last interaction is the last.
    """
    starts, asked, ends = cut.starts[chosen], cut.asked[chosen], cut.ends[chosen]
    length = int((ends - starts).max())
    rows = starts[:, None] + np.arange(length)
    there = rows < ends[:, None]
    rows = np.where(there, rows, starts[:, None])
    places = (asked - starts)[:, None] + np.arange(int((ends - asked).max()))
    wanted = starts[:, None] + places
    real = wanted < ends[:, None]
    wanted = np.where(real, wanted, starts[:, None])
    answers = wanted
    if ahead is not None:
        answers = np.minimum(wanted + ahead[wanted], cut.limits[chosen][:, None] - 1)
    first = sequences.days[starts][:, None]
    return Batch(
        torch.from_numpy(np.where(there, sequences.items[rows], 0)),
        torch.from_numpy(np.where(there, sequences.weights[rows], 0).astype(np.float32)),
        torch.from_numpy((sequences.days[rows] - first).astype(np.float32)),
        torch.from_numpy(np.where(real, places, 0)),
        torch.from_numpy(np.where(real, sequences.items[answers], 0)),
        torch.from_numpy(np.where(real, worth[answers], 0).astype(np.float32)),
    )
