"""Learns the behaviour space: each next interaction from those before it.

Both vectors of an item are a linear map of its content plus a part of its own, which is dropped at
random while learning (DropoutNet, Volkovs et al. 2017) and counts the more the more people touched
the item. So an item that nobody has touched has both from its content, through the same map.
"""

from collections.abc import Callable

import numpy as np
import torch

from embedders.arithmetic import prepare
from embedders.behaviour_exam import best_of, last_as_good, latest
from embedders.behaviour_lists import fair_length
from embedders.behaviour_run import Run, Tried, answers
from embedders.behaviour_stopping import held_out
from embedders.errors import LayoutMismatch
from embedders.learning import Learned, Progress, TrainingSettings
from embedders.options import EmbedderOptions
from embedders.sequences import Sequences
from embedders.spaces import Array

TRIES = 3
"""Passes without a better list on the latest part after which training ends."""


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
    run = Run(sequences, content, settings, device)
    for number in range(tried.passes):
        lost = run.passed(number)
        progress(Progress("learning", number + 1, tried.passes, lost, None))
    return run.learned(tried)


def _tried(
    sequences: Sequences,
    content: Array,
    settings: TrainingSettings,
    moment: float | None,
    device: torch.device,
    progress: Callable[[Progress], None],
) -> Tried:
    """Find how many passes give the best lists on the latest part."""
    early, held = held_out(sequences, moment, settings.context)
    if held is None or not answers(early, settings).any():
        return Tried(settings.passes)
    run = Run(early, content, settings, device)
    tried: list[Tried] = []
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
        tried.append(Tried(number + 1, ndcg, length, held.trial(lists, length)))
        if number - best_of(reached) >= TRIES:
            break
    return tried[last_as_good(reached, sequences.people[np.sort(stopping.rows)])]
