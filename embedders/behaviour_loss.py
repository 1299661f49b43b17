"""How well the next interactions were predicted: a softmax over the catalogue, or a sample of it.

Where the catalogue is large, item i stands in the sample with probability p_i and then for 1 / p_i
items: its logit is raised by -ln p_i (the logQ correction), which makes the sum under the logarithm
right on average. Items a person has touched are left out of the sum, as they are left out of lists:
otherwise every item would have to be learned as unlike itself. So are items that came later
(`embedders.behaviour_births`): nobody passed them over.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from embedders.behaviour_network import Batch, BehaviourNetwork


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which items an answer is told from.

    Attributes:
        items: Shape (m,), different rows: those that somebody touched.
        chance: Shape (m,), above 0 to 1: of standing in a sample.
        born: Shape (m,), the moment each came, on the scale of `Batch.moment`.
        columns: Shape (all items,), scratch: -1 between calls.
    """

    items: Tensor
    chance: Tensor
    born: Tensor
    columns: Tensor

    def to(self, device: torch.device) -> "Sampling":
        """Move it."""
        return Sampling(
            self.items.to(device),
            self.chance.to(device),
            self.born.to(device),
            self.columns.to(device),
        )

    def drawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Draw a sample: rows of items, the logarithms of their chances, and their births."""
        dice = torch.rand(len(self.items), generator=generator).to(self.chance.device)
        # Chances of 1 are always met: dice are below 1.
        chosen = torch.nonzero(dice < self.chance)[:, 0]
        return self.items[chosen], self.chance[chosen].log(), self.born[chosen]


def sampling(counts: Tensor, born: Tensor, sample: int) -> Sampling:
    """Let items stand in samples of about `sample`, those touched more often more often.

    Args:
        counts: Shape (all items,), people who touched each.
        born: Shape (all items,), the moment each came: it is told from no answer before.
        sample: With fewer items than this, all stand in every sample.
    """
    items = torch.nonzero(counts > 0)[:, 0]
    # The power is word2vec's: between drawing by popularity and drawing evenly.
    shares = counts[items].double().pow(0.75)
    chance = (sample * shares / shares.sum()).clamp(max=1.0)
    if sample >= len(items):
        chance = torch.ones(len(items), dtype=torch.double)
    columns = torch.full((len(counts),), -1, dtype=torch.long)
    return Sampling(items, chance.float(), born[items], columns)


@dataclass(frozen=True, slots=True)
class Noise:
    """What is dropped at random.

    Attributes:
        own: Chance that an item's own part is dropped for a step.
        context: Chance that something a person did is hidden in a window.
        smoothing: Share of each answer that is spread over all items.
        generator: Decides.
    """

    own: float
    context: float
    smoothing: float
    generator: torch.Generator


def loss(network: BehaviourNetwork, batch: Batch, among: Sampling, noise: Noise) -> Tensor:
    """Return the mean loss of a batch's answers, weighted by their worth, which is not all 0."""
    generator, device = noise.generator, batch.items.device
    sampled, log_chance, born = among.drawn(generator)
    named = torch.cat([sampled, batch.items.flatten(), batch.answers.flatten()])
    rows, inverse = torch.unique(named, return_inverse=True)
    own = (torch.rand(len(rows), 1, generator=generator) >= noise.own).float().to(device)
    candidates, evidence = network.candidates(rows, own), network.evidence(rows, own)
    touched = inverse[len(sampled) : len(sampled) + batch.items.numel()].view(batch.items.shape)
    shown = torch.rand(batch.items.shape, generator=generator).to(device) >= noise.context
    known = replace(batch, weights=batch.weights * shown)
    live = torch.nonzero(batch.worth.flatten() > 0)[:, 0]
    blocks = network.blocks(known, functional.embedding(touched, evidence))
    queries = blocks.flatten(0, 1)[live] * network.log_scale.exp()
    others = candidates[inverse[: len(sampled)]]
    answers = candidates[inverse[len(sampled) + batch.items.numel() :][live]]
    right = (queries * answers).sum(dim=-1)
    there = born <= batch.moment.flatten()[live][:, None]
    scores = queries @ others.T
    offsets = _left_out(batch, live, among.columns, sampled).masked_fill(~there, -math.inf)
    terms = scores + offsets - log_chance
    total = torch.logsumexp(torch.cat([right[:, None], terms], dim=1), dim=1)
    shares = there * torch.exp(-log_chance)
    average = (scores * shares).sum(dim=1) / shares.sum(dim=1).clamp_min(1e-6)
    losses = total - (1 - noise.smoothing) * right - noise.smoothing * average
    worth = batch.worth.flatten()[live]
    return (losses * worth).sum() / worth.sum()


@torch.no_grad()
def _left_out(batch: Batch, live: Tensor, columns: Tensor, sampled: Tensor) -> Tensor:
    """Return -inf where a sampled item is the answer or was touched before: (answers, sample)."""
    columns[sampled] = torch.arange(len(sampled), device=columns.device)
    offsets = torch.zeros(len(live), len(sampled), device=columns.device)
    window = live // batch.asked.shape[1]
    places = torch.arange(batch.items.shape[1], device=columns.device)
    before = places < batch.asked.flatten()[live][:, None]
    seen = columns[batch.items][window]
    row, place = torch.nonzero(before & (seen >= 0), as_tuple=True)
    offsets[row, seen[row, place]] = -math.inf
    answer = columns[batch.answers.flatten()[live]]
    sampled_too = torch.nonzero(answer >= 0)[:, 0]
    offsets[sampled_too, answer[sampled_too]] = -math.inf
    columns[sampled] = -1
    return offsets
