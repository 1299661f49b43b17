"""The behaviour model while it is trained: what a batch of people's pasts says comes next."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

INTERACTIONS = (1.0, 3.0, 10.0, 30.0, 100.0, math.inf, math.inf, math.inf)
"""Later interactions after which each decay is at 1/e; infinite where it goes by time.

They are fixed and their mix is learned: with rates that were learned too a step took half as long
again."""

DAYS = (math.inf, math.inf, math.inf, math.inf, math.inf, 0.1, 3.0, 60.0)
"""Days after which it is at 1/e: the same visit, the same week, the same season."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some windows of people's sequences, padded to one length.

    Attributes:
        items: Shape (b, l), rows of the items, 0 where padded.
        weights: Shape (b, l), evidence, 0 where padded or hidden.
        days: Shape (b, l).
        after: Shape (b, l), the place after the last that was done at the same moment.
        asked: Shape (b, r), places in the window: everything before that place is known.
        now: Shape (b, r), days: when the answers happened.
        moment: Shape (b, r), the same as a place among all moments at which anything happened.
        answers: Shape (b, r), rows of the items to predict.
        worth: Shape (b, r), weight of each answer in the loss, 0 where there is none.
    """

    items: Tensor
    weights: Tensor
    days: Tensor
    after: Tensor
    asked: Tensor
    now: Tensor
    moment: Tensor
    answers: Tensor
    worth: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Move it."""
        return Batch(
            self.items.to(device),
            self.weights.to(device),
            self.days.to(device),
            self.after.to(device),
            self.asked.to(device),
            self.now.to(device),
            self.moment.to(device),
            self.answers.to(device),
            self.worth.to(device),
        )


class BehaviourNetwork(nn.Module):
    """Two vectors an item, each a linear map of its content plus a part of its own.

    Args:
        content: Shape (items, c), float32.
        trust: Shape (items, 1), 0 to 1: how much of its own part an item may use.
        dimensions: Length of the vectors.
        generator: Decides the first values.
    """

    content: Tensor
    trust: Tensor
    per_interaction: Tensor
    per_day: Tensor

    def __init__(
        self, content: Tensor, trust: Tensor, dimensions: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        items, inputs = content.shape
        self.register_buffer("content", content)
        self.register_buffer("trust", trust)
        self.register_buffer("per_interaction", 1 / torch.tensor(INTERACTIONS))
        self.register_buffer("per_day", 1 / torch.tensor(DAYS))

        def drawn(rows: int, length: float) -> nn.Parameter:
            values = torch.randn(rows, dimensions, generator=generator)
            return nn.Parameter(values * length / math.sqrt(dimensions))

        self.candidate_map = drawn(inputs, 1.0)
        self.evidence_map = drawn(inputs, 1.0)
        # Shorter than what content says, so that this is heard from the first step on.
        self.candidate_own = drawn(items, 0.3)
        self.evidence_own = drawn(items, 0.3)
        self.mix = nn.Parameter(torch.full((len(DAYS), dimensions), 1 / len(DAYS)))
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))

    def candidates(self, rows: Tensor, own: Tensor | None = None) -> Tensor:
        """Return unit vectors, shape (n, d).

        Args:
            rows: Shape (n,), different items.
            own: Shape (n, 1), 0 where an item's own part is dropped, 1 elsewhere.
        """
        vectors = self._vectors(rows, self.candidate_map, self.candidate_own, own)
        return functional.normalize(vectors, dim=-1)

    def evidence(self, rows: Tensor, own: Tensor | None = None) -> Tensor:
        """Return vectors of any length, shape (n, d); see `candidates`."""
        return self._vectors(rows, self.evidence_map, self.evidence_own, own)

    def blocks(self, batch: Batch, evidence: Tensor) -> Tensor:
        """Sum up what is known at each place asked, to unit length: shape (b, r, d).

        Args:
            batch: The windows.
            evidence: Shape (b, l, d), of their items.
        """
        total = torch.zeros(1, device=evidence.device)
        for faded, mix in zip(self._faded(batch), self.mix, strict=True):
            total = total + (faded @ evidence) * mix
        return functional.normalize(total, dim=-1)

    @torch.no_grad()
    def _faded(self, batch: Batch) -> Iterator[Tensor]:
        """Yield what each decay leaves of every interaction at each place asked: (b, r, l)."""
        places = torch.arange(batch.items.shape[1], device=batch.items.device)
        since = (batch.asked[:, :, None] - batch.after[:, None, :]).clamp_min(0)
        elapsed = (batch.now[:, :, None] - batch.days[:, None, :]).clamp_min(0)
        known = (places < batch.asked[:, :, None]) * batch.weights[:, None, :]
        # Counts are few and whole: looking their exponentials up is cheaper than taking them.
        table = torch.exp(-places[:, None] * self.per_interaction)
        for scale in range(len(self.mix)):
            if self.per_day[scale] > 0:
                yield known * torch.exp(elapsed * -self.per_day[scale])
            else:
                yield known * table[:, scale][since]

    def _vectors(self, rows: Tensor, weights: Tensor, table: Tensor, own: Tensor | None) -> Tensor:
        trust = self.trust[rows] if own is None else self.trust[rows] * own
        # Only what a step touches is changed by it, so that large catalogues cost no more.
        kept = functional.embedding(rows, table, sparse=True)
        return self.content[rows] @ weights + trust * kept
