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
from embedders.behaviour_loss import Noise, loss, sampling
from embedders.behaviour_network import Batch, BehaviourNetwork
from embedders.behaviour_stopping import held_out
from embedders.behaviour_windows import windows
from embedders.decays import Decays
from embedders.errors import LayoutMismatch, TooLittleToLearn
from embedders.options import EmbedderOptions
from embedders.sequences import Sequences
from embedders.spaces import Array, Mask

TRIES = 3
"""Passes without a better list on the latest part after which training ends."""

LAST_STEP = 0.05
"""Steps shorten evenly from pass to pass, down to this share: with even steps lists of films were
best after six passes and then got worse."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How the behaviour space is learned.

    Attributes:
        dimensions: Length of both vectors, 1 or more.
        context: Interactions of a person that are looked at, the newest; 1 or more.
        batch: Interactions predicted in a step, about.
        rate: Step size of Adam in the first pass, above 0.
        passes: Over all interactions, at most, 1 or more.
        latest: Share of all interactions, the latest, that tell when to stop; 0 for all passes.
        drop_context: Chance that something a person did is hidden, 0 to below 1.
        drop_own: Chance that an item's own part is dropped, 0 to below 1.
        smoothing: Share of each answer that is spread over all items, 0 to below 1.
        within: Share of windows in which some of what a person did at an answer's own moment is
            known, 0 to 1: with 0 an order is predicted from the orders before it, with 1 its lines
            from each other, too.
        trust_people: An item touched by so many people uses half of its own part.
        sample: Items an answer is told from in a step, about; fewer than this are all looked at.
        seed: Decides everything that is random.
    """

    dimensions: int = 128
    context: int = 192
    batch: int = 1024
    rate: float = 0.01
    passes: int = 10
    latest: float = 0.05
    drop_context: float = 0.2
    drop_own: float = 0.1
    smoothing: float = 0.1
    within: float = 0.5
    trust_people: float = 3.0
    sample: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training is.

    Attributes:
        stage: "finding" how many passes are best, without the latest part, or "learning" from all.
        passed: Passes done in this stage.
        passes: Of at most so many.
        loss: Mean over the last pass.
        ndcg: nDCG@10 on the latest part, or None.
    """

    stage: str
    passed: int
    passes: int
    loss: float
    ndcg: float | None


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned.

    Attributes:
        model: The maps and decays.
        candidates: Shape (items, d), float32, unit length; zero where nothing is known.
        evidence: Shape (items, d), float32.
        ndcg: nDCG@10 on the latest part before that was learned from too, or None.
        passes: Over all interactions.
    """

    model: BehaviourModel
    candidates: Array
    evidence: Array
    ndcg: float | None
    passes: int


def learn(
    sequences: Sequences,
    content: Array,
    settings: TrainingSettings,
    options: EmbedderOptions,
    progress: Callable[[Progress], None] = lambda _: None,
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
    passes, best = _passes(sequences, content, settings, device, progress)
    # With the very steps that were tried: six passes whose steps shortened all the way were no
    # better for films than the first six of ten.
    run = _Run(sequences, content, settings, device)
    for number in range(passes):
        lost = run.passed(number)
        progress(Progress("learning", number + 1, passes, lost, None))
    return run.learned(best, passes)


def _passes(
    sequences: Sequences,
    content: Array,
    settings: TrainingSettings,
    device: torch.device,
    progress: Callable[[Progress], None],
) -> tuple[int, float | None]:
    """Find how many passes give the best lists on the latest part, and their nDCG."""
    early, held = held_out(sequences, settings.latest, settings.context)
    if held is None or not _answers(early, settings).any():
        return settings.passes, None
    run = _Run(early, content, settings, device)
    best, passes = -1.0, 0
    for number in range(settings.passes):
        lost = run.passed(number)
        reached = held.ndcg(run.network, device)
        progress(Progress("finding", number + 1, settings.passes, lost, reached))
        if reached > best:
            best, passes = reached, number + 1
        elif number + 1 - passes >= TRIES:
            break
    return passes, best


def _answers(sequences: Sequences, settings: TrainingSettings) -> Mask:
    """Say of each interaction whether it can be predicted from something: shape (n,)."""
    rows = np.arange(len(sequences.items))
    known = rows if settings.within > 0 else sequences.moments[0]
    later = known > sequences.starts[sequences.people]
    found: Mask = later & sequences.first_times & (sequences.weights > 0)
    return found


class _Run:
    """A network and everything that is needed to go on training it."""

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
        self._among = sampling(torch.from_numpy(counts), settings.sample).to(device)
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
        lost, worth = 0.0, 0.0
        for chosen in self._windows.batches(self._settings.batch, self._random):
            within = self._random.random(len(chosen)) < self._settings.within
            batch = self._windows.batch(chosen, self._worth, within)
            if not batch.worth.any():
                continue
            heavy = float(batch.worth.sum())
            lost += heavy * self._step(batch.to(self._device))
            worth += heavy
        return lost / worth if worth else 0.0

    @torch.no_grad()
    def learned(self, ndcg: float | None, passes: int) -> Learned:
        """Return the network's values."""
        network = self.network
        rows = torch.arange(len(network.content), device=self._device)
        # What nobody has touched has no part of its own: its trust is 0.
        candidates = unit(network.candidates(rows).cpu().numpy())
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
        )
        return Learned(model, candidates, evidence, ndcg, passes)

    def _step(self, batch: Batch) -> float:
        for optimiser in self._optimisers:
            optimiser.zero_grad()
        lost = loss(self.network, batch, self._among, self._noise)
        torch.autograd.backward(lost)
        for optimiser in self._optimisers:
            optimiser.step()
        return lost.item()
