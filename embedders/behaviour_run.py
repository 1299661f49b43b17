"""Training, pass by pass, and what it has come to.

Lists are asked of the mean of a pass's values, not of its last (`embedders.behaviour_average`).
"""

from dataclasses import dataclass

import numpy as np
import torch

from embedders.behaviour import BehaviourModel, unit
from embedders.behaviour_average import MOMENTS, Average
from embedders.behaviour_births import births
from embedders.behaviour_loss import Noise, loss, sampling
from embedders.behaviour_network import Batch, BehaviourNetwork
from embedders.behaviour_windows import windows
from embedders.decays import Decays
from embedders.errors import TooLittleToLearn
from embedders.learning import Learned, TrainingSettings, Trial
from embedders.sequences import Sequences
from embedders.spaces import Array, Mask

LAST_STEP = 0.05
"""Steps shorten evenly from pass to pass, down to this share: with even steps lists of films were
best after six passes and then got worse. 1 keeps them even."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How many passes are best, and what they came to on the latest part, if that could be told.

    Attributes:
        length: That predicted vectors should have.
    """

    passes: int
    ndcg: float | None = None
    length: float = 1.0
    trial: Trial | None = None


def answers(sequences: Sequences, settings: TrainingSettings) -> Mask:
    """Say of each interaction whether it can be predicted from something: shape (n,)."""
    rows = np.arange(len(sequences.items))
    known = rows if settings.within > 0 else sequences.moments[0]
    later = known > sequences.starts[sequences.people]
    found: Mask = later & sequences.first_times & (sequences.weights > 0)
    return found


class Run:
    """A network and everything that is needed to go on training it.

    Attributes:
        network: While it is trained.
        average: Of its values in the latest pass: what lists are asked of.
    """

    def __init__(
        self,
        sequences: Sequences,
        content: Array,
        settings: TrainingSettings,
        device: torch.device,
        *,
        last_step: float = LAST_STEP,
    ) -> None:
        counts = sequences.counts(len(content))
        self._settings = settings
        self._last_step = last_step
        self._device = device
        self._random = np.random.default_rng(settings.seed)
        generator = torch.Generator().manual_seed(settings.seed)
        trust = (counts / (counts + settings.trust_people)).astype(np.float32)
        self.network = BehaviourNetwork(
            torch.from_numpy(np.ascontiguousarray(content, dtype=np.float32)),
            torch.from_numpy(trust[:, None]),
            settings.dimensions,
            generator,
        ).to(device)
        self.average = Average(self.network)
        self._noise = Noise(settings.drop_own, settings.drop_context, settings.smoothing, generator)
        asked = answers(sequences, settings)
        if not asked.any():
            raise TooLittleToLearn(
                f"{len(sequences)} people with {len(sequences.items)} interactions give nothing "
                "to predict: somebody must have touched two items, one after the other"
            )
        worth = np.where(asked, sequences.weights, 0.0)
        self._worth = (worth / worth[asked].mean()).astype(np.float32)
        self._windows = windows(sequences, settings.context)
        born = births(sequences, self._windows.moments, len(content), chance=settings.unborn)
        self._among = sampling(
            torch.from_numpy(counts), torch.from_numpy(born), settings.sample
        ).to(device)
        network = self.network
        tables = [network.candidate_own, network.evidence_own]
        others = [network.candidate_map, network.evidence_map, network.mix, network.log_scale]
        betas = (0.9, 0.99)
        self._optimisers: list[torch.optim.Optimizer] = [
            torch.optim.SparseAdam(tables, lr=settings.rate, betas=betas),
            torch.optim.Adam(others, lr=settings.rate, betas=betas),
        ]

    def passed(self, number: int) -> float:
        """Go once over all interactions, for the time `number`, from 0; return the mean loss."""
        rate = self._settings.rate * max(self._last_step, 1 - number / self._settings.passes)
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
        self.average.begin()
        lost, worth = 0.0, 0.0
        batches = list(self._windows.batches(self._settings.batch, self._random))
        for done, chosen in enumerate(batches, 1):
            within = self._random.random(len(chosen)) < self._settings.within
            batch = self._windows.batch(chosen, self._worth, within)
            if batch.worth.any():
                heavy = float(batch.worth.sum())
                lost += heavy * self._step(batch.to(self._device))
                worth += heavy
            if done * MOMENTS // len(batches) > (done - 1) * MOMENTS // len(batches):
                self.average.take()
        return lost / worth if worth else 0.0

    def learned(self, tried: Tried) -> Learned:
        """Return the mean of the network's values in the latest pass."""
        with self.average.standing_in():
            return self._read(tried)

    @torch.no_grad()
    def _read(self, tried: Tried) -> Learned:
        network = self.network
        rows = torch.arange(len(network.content), device=self._device)
        # What nobody has touched has no part of its own: its trust is 0.
        candidates = unit(network.candidates(rows).cpu().numpy())
        candidates[(network.trust[:, 0] == 0).cpu().numpy()] *= np.float32(tried.length)
        evidence: Array = network.evidence(rows).cpu().numpy()
        decays = Decays(
            network.per_interaction.cpu().numpy(),
            network.per_day.cpu().numpy(),
            network.mix.cpu().numpy().copy(),
        )
        model = BehaviourModel(
            network.candidate_map.cpu().numpy().copy(),
            network.evidence_map.cpu().numpy().copy(),
            decays,
            self._settings.context,
            tried.length,
        )
        return Learned(model, candidates, evidence, tried.ndcg, tried.passes, tried.trial)

    def _step(self, batch: Batch) -> float:
        for optimiser in self._optimisers:
            optimiser.zero_grad()
        lost = loss(self.network, batch, self._among, self._noise)
        torch.autograd.backward(lost)
        for optimiser in self._optimisers:
            optimiser.step()
        return lost.item()
