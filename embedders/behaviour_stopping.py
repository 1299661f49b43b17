"""The latest part of what people did, kept aside to tell when learning should stop."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from embedders.behaviour_network import Batch, BehaviourNetwork
from embedders.behaviour_windows import Windows, windows
from embedders.sequences import Sequences
from embedders.spaces import Array

PLACES = 10

ENOUGH = 50
"""Fewer answers than this say too little about when to stop."""

MOST = 2_000
"""Answers looked at: the error of their mean is then below .01."""


@dataclass(frozen=True, slots=True)
class Held:
    """Interactions of the latest part, each to be predicted from all before its moment.

    Attributes:
        windows: Whose answers are asked for.
        worth: Shape (n,), 1 for answers, 0 elsewhere.
    """

    windows: Windows
    worth: Array

    @torch.no_grad()
    def ndcg(self, network: BehaviourNetwork, device: torch.device) -> float:
        """Return nDCG@10 over the whole catalogue, without what people had touched."""
        rows = torch.arange(len(network.content), device=device)
        candidates, evidence = network.candidates(rows), network.evidence(rows)
        gained, answers = 0.0, 0
        for chosen in self.windows.batches(256, np.random.default_rng(0)):
            strict = np.zeros(len(chosen), dtype=np.bool_)
            batch = self.windows.batch(chosen, self.worth, strict).to(device)
            if not batch.worth.any():
                continue
            ranks = _ranks(network, batch, candidates, evidence)
            gained += float((ranks < PLACES).mul(1 / torch.log2(ranks + 2.0)).sum())
            answers += len(ranks)
        return gained / answers


def held_out(sequences: Sequences, share: float, context: int) -> tuple[Sequences, Held | None]:
    """Part what people did at a moment.

    Args:
        sequences: Everything.
        share: Of the interactions that are kept aside, the latest; 0 to below 1.
        context: Interactions known before each answer, at most.

    Returns:
        What was before the moment, and what came after, or None where that is too little to tell.
    """
    if share <= 0 or len(sequences.items) == 0:
        return sequences, None
    before = sequences.days < np.quantile(sequences.days, 1 - share)
    early = sequences.kept(before)
    answers = sequences.first_times & ~before & (sequences.weights > 0)
    answers[sequences.moments[0] == sequences.starts[sequences.people]] = False
    rows = np.flatnonzero(answers)
    if len(rows) < ENOUGH or len(early.items) == 0:
        return sequences, None
    worth = np.zeros(len(sequences.items), dtype=np.float32)
    worth[rows[np.unique(np.linspace(0, len(rows) - 1, MOST).astype(int))]] = 1.0
    since = sequences.starts[:-1] + np.diff(early.starts)
    return early, Held(windows(sequences, context, since), worth)


def _ranks(network: BehaviourNetwork, batch: Batch, candidates: Tensor, evidence: Tensor) -> Tensor:
    """Count the items that come before each answer, shape (answers,); ties come after it."""
    live = torch.nonzero(batch.worth.flatten() > 0)[:, 0]
    blocks = network.blocks(batch, functional.embedding(batch.items, evidence))
    scores = blocks.flatten(0, 1)[live] @ candidates.T
    window = live // batch.asked.shape[1]
    places = torch.arange(batch.items.shape[1], device=scores.device)
    row, place = torch.nonzero(places < batch.asked.flatten()[live][:, None], as_tuple=True)
    answers = batch.answers.flatten()[live]
    right = scores.gather(1, answers[:, None])
    scores[row, batch.items[window[row], place]] = -2.0
    return (scores > right).sum(dim=1)
