"""Learns the behaviour space: each next interaction from those before it.

Both vectors of an item are a linear map of its content plus a part of its own, which is dropped at
random while learning (DropoutNet, Volkovs et al. 2017) and counts the more the more people touched
the item. So an item that nobody has touched has both from its content, through the same map.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from embedders.arithmetic import prepare
from embedders.behaviour import BehaviourModel, unit
from embedders.behaviour_average import MOMENTS, Average
from embedders.behaviour_births import births
from embedders.behaviour_exam import best_of, last_as_good, latest
from embedders.behaviour_lists import fair_length
from embedders.behaviour_loss import Noise, loss, sampling
from embedders.behaviour_network import Batch, BehaviourNetwork
from embedders.behaviour_stopping import held_out
from embedders.behaviour_windows import windows
from embedders.decays import Decays
from embedders.errors import LayoutMismatch, TooLittleToLearn
from embedders.learning import Learned, Progress, TrainingSettings, Trial
from embedders.options import EmbedderOptions
from embedders.sequences import Sequences
from embedders.spaces import Array, Mask

TRIES = 3
"""Passes without a better list on the latest part after which training ends."""

LAST_STEP = 0.05
"""Steps shorten evenly from pass to pass, down to this share: with even steps lists of films were
best after six passes and then got worse."""


def learn(
    sequences: Sequences,
    content: Array,
    settings: TrainingSettings,
    options: EmbedderOptions,
    progress: Callable[[Progress], None] = lambda _: None,
    *,
    since: float | None = None,
) -> Learned:
    """Learn from what people did.

    First without the latest part, to see after how many passes lists are best there; then from the
    beginning with everything, for so many. On one processor the same arguments give the same
    numbers.

    Args:
        sequences: Cleaned; weights are evidence, and those not above 0 are never an answer.
        content: Shape (items, c), float32: blocks side by side, each of unit length or zeros.
        settings: How.
        options: Where, and in how many threads.
        progress: Called after every pass.
        since: The day on which the latest part begins; by default `settings.latest` decides.

    Raises:
        TooLittleToLearn: Nobody has an interaction after another, new to them, that speaks for it.
        LayoutMismatch: An item has no row in `content`.
        ValueError: There is no such device.
    """
    if len(sequences.items) and int(sequences.items.max()) >= len(content):
        raise LayoutMismatch(
            f"item {int(sequences.items.max())} has no content: there are {len(content)} rows"
        )
    device = torch.device(prepare(options).device)
    moment = latest(sequences, settings.latest) if since is None else since
    tried = _tried(sequences, content, settings, moment, device, progress)
    # With the very steps that were tried: six passes whose steps shortened all the way were no
    # better for films than the first six of ten.
    run = _Run(sequences, content, settings, device)
    for number in range(tried.passes):
        lost = run.passed(number)
        progress(Progress("learning", number + 1, tried.passes, lost, None))
    return run.learned(tried)


@dataclass(frozen=True, slots=True)
class _Tried:
    """How many passes are best, and what they came to on the latest part, if that could be told.

    Attributes:
        length: That predicted vectors should have.
    """

    passes: int
    ndcg: float | None = None
    length: float = 1.0
    trial: Trial | None = None


def _tried(
    sequences: Sequences,
    content: Array,
    settings: TrainingSettings,
    moment: float | None,
    device: torch.device,
    progress: Callable[[Progress], None],
) -> _Tried:
    """Find how many passes give the best lists on the latest part."""
    early, held = held_out(sequences, moment, settings.context)
    if held is None or not _answers(early, settings).any():
        return _Tried(settings.passes)
    run = _Run(early, content, settings, device)
    tried: list[_Tried] = []
    reached: list[Array] = []
    for number in range(settings.passes):
        lost = run.passed(number)
        with run.average.standing_in():
            lists = held.lists(run.network, device)
        stopping = lists.some(held.stopping)
        reached.append(stopping.gains()[np.argsort(stopping.rows)])
        ndcg = float(reached[-1].mean())
        progress(Progress("finding", number + 1, settings.passes, lost, ndcg))
        length = fair_length(stopping)
        tried.append(_Tried(number + 1, ndcg, length, held.trial(lists, length)))
        if number - best_of(reached) >= TRIES:
            break
    return tried[last_as_good(reached, sequences.people[np.sort(stopping.rows)])]


def _answers(sequences: Sequences, settings: TrainingSettings) -> Mask:
    """Say of each interaction whether it can be predicted from something: shape (n,)."""
    rows = np.arange(len(sequences.items))
    known = rows if settings.within > 0 else sequences.moments[0]
    later = known > sequences.starts[sequences.people]
    found: Mask = later & sequences.first_times & (sequences.weights > 0)
    return found


class _Run:
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
    ) -> None:
        counts = sequences.counts(len(content))
        self._settings = settings
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
        answers = _answers(sequences, settings)
        if not answers.any():
            raise TooLittleToLearn(
                f"{len(sequences)} people with {len(sequences.items)} interactions give nothing "
                "to predict: somebody must have touched two items, one after the other"
            )
        worth = np.where(answers, sequences.weights, 0.0)
        self._worth = (worth / worth[answers].mean()).astype(np.float32)
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
        rate = self._settings.rate * max(LAST_STEP, 1 - number / self._settings.passes)
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

    def learned(self, tried: _Tried) -> Learned:
        """Return the mean of the network's values in the latest pass."""
        with self.average.standing_in():
            return self._read(tried)

    @torch.no_grad()
    def _read(self, tried: _Tried) -> Learned:
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
