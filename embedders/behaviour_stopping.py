"""The latest part of what people did, kept aside to tell when learning should stop."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from embedders.behaviour_exam import ENOUGH, PLACES, asked_since
from embedders.behaviour_lists import Lists
from embedders.behaviour_network import Batch, BehaviourNetwork
from embedders.behaviour_windows import Windows, windows
from embedders.learning import Trial
from embedders.sequences import Rows, Sequences
from embedders.spaces import Array

MOST = 2_000
"""Answers looked at for each purpose: the error of their mean is then below .01."""

COLUMNS = ("rows", "right", "new", "known_best", "new_best")

ENOUGH_APART = 30
"""Answers each half of the people must have, for passes to be chosen by one half and judged by the
other."""


@dataclass(frozen=True, slots=True)
class Held:
    """Interactions of the latest part, each to be predicted from all before its moment.

    Attributes:
        windows: Whose answers are asked for.
        worth: Shape (n,), 1 for answers, 0 elsewhere.
        stopping: Rows of the answers that tell when to stop.
        judging: Rows of those that tell how good it is: of other people, where there are enough,
            as the best of many passes is always a little better by chance.
    """

    windows: Windows
    worth: Array
    stopping: Rows
    judging: Rows

    @torch.no_grad()
    def lists(self, network: BehaviourNetwork, device: torch.device) -> Lists:
        """Ask for all answers over the whole catalogue, without what people had touched."""
        rows = torch.arange(len(network.content), device=device)
        candidates, evidence = network.candidates(rows), network.evidence(rows)
        untouched = network.trust[:, 0] == 0
        found = []
        for chosen in self.windows.batches(256, np.random.default_rng(0)):
            strict = np.zeros(len(chosen), dtype=np.bool_)
            batch = self.windows.batch(chosen, self.worth, strict).to(device)
            if not batch.worth.any():
                continue
            asked = self.windows.asked[chosen][:, None] + np.arange(batch.asked.shape[1])
            scores, right = _scores(network, batch, candidates, evidence)
            answers = batch.answers.flatten()[batch.worth.flatten() > 0]
            found.append(
                Lists(
                    asked[batch.worth.cpu().numpy() > 0],
                    right.cpu().numpy(),
                    untouched[answers].cpu().numpy(),
                    _best(scores, ~untouched),
                    _best(scores, untouched),
                )
            )
        return Lists(*(np.concatenate([getattr(each, name) for each in found]) for name in COLUMNS))

    def trial(self, lists: Lists, length: float) -> Trial:
        """Describe how the answers that judge were predicted, predicted vectors being so long."""
        gains = np.zeros(len(self.worth), dtype=np.float32)
        gains[lists.rows] = lists.gains(length)
        asked = self.windows.ends - self.windows.asked
        within = np.arange(int(asked.sum())) - np.repeat(np.cumsum(asked) - asked, asked)
        starts = np.zeros(len(self.worth), dtype=np.int64)
        starts[np.repeat(self.windows.asked, asked) + within] = np.repeat(
            self.windows.starts, asked
        )
        return Trial(self.judging, starts[self.judging], gains[self.judging])


def held_out(
    sequences: Sequences, since: float | None, context: int
) -> tuple[Sequences, Held | None]:
    """Part what people did at a moment.

    Args:
        sequences: Everything.
        since: The day from which on interactions are kept aside, or None.
        context: Interactions known before each answer, at most.

    Returns:
        What was before the moment, and what came after, or None where that is too little to tell.
    """
    if since is None:
        return sequences, None
    before = sequences.days < since
    early = sequences.kept(before)
    rows = asked_since(sequences, since)
    if len(rows) < ENOUGH or len(early.items) == 0:
        return sequences, None
    sides = sequences.people[rows] % 2
    stopping, judging = rows[sides == 0], rows[sides == 1]
    if min(len(stopping), len(judging)) < ENOUGH_APART:
        stopping = judging = rows
    stopping, judging = _some(stopping), _some(judging)
    worth = np.zeros(len(sequences.items), dtype=np.float32)
    worth[stopping] = worth[judging] = 1.0
    first = sequences.starts[:-1] + np.diff(early.starts)
    return early, Held(windows(sequences, context, first), worth, stopping, judging)


def _some(rows: Rows) -> Rows:
    """Choose at most MOST, evenly spread."""
    chosen: Rows = rows[np.unique(np.linspace(0, len(rows) - 1, MOST).astype(int))]
    return chosen


def _scores(
    network: BehaviourNetwork, batch: Batch, candidates: Tensor, evidence: Tensor
) -> tuple[Tensor, Tensor]:
    """Score the catalogue for each answer, (answers, items), and the answers, (answers,)."""
    live = torch.nonzero(batch.worth.flatten() > 0)[:, 0]
    blocks = network.blocks(batch, functional.embedding(batch.items, evidence))
    scores = blocks.flatten(0, 1)[live] @ candidates.T
    window = live // batch.asked.shape[1]
    places = torch.arange(batch.items.shape[1], device=scores.device)
    row, place = torch.nonzero(places < batch.asked.flatten()[live][:, None], as_tuple=True)
    answers = batch.answers.flatten()[live]
    right = scores.gather(1, answers[:, None])[:, 0]
    scores[row, batch.items[window[row], place]] = -torch.inf
    return scores, right


def _best(scores: Tensor, among: Tensor) -> Array:
    """Return the best PLACES scores of some items, falling: (answers, PLACES), -inf where none."""
    found = np.full((len(scores), PLACES), -np.inf, dtype=np.float32)
    held = scores[:, among]
    best = torch.topk(held, min(PLACES, held.shape[1]), dim=1).values
    found[:, : best.shape[1]] = best.cpu().numpy()
    return found
