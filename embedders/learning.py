"""What learning from behaviour takes and gives; imports no model library."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from embedders.behaviour import BehaviourModel
from embedders.options import EmbedderOptions
from embedders.sequences import Rows, Sequences
from embedders.spaces import Array


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
        unborn: An item is taken not to have been there before its first touch where chance would
            leave it untouched so long less often than this; 0 to below 1, with 0 never.
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
    # Taking every first touch for a birth made lists of films worse by a sixth (leave last out):
    # most of them are old and rare.
    unborn: float = 0.01
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
class Trial:
    """How well what was learned without the latest part predicted that part.

    Attributes:
        rows: Shape (m,), rows of the interactions to be predicted, rising.
        starts: Shape (m,), the row from which on what the person did before was known.
        gains: Shape (m,), float32, nDCG@10 of each, among all items but those known.
    """

    rows: Rows
    starts: Rows
    gains: Array


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned.

    Attributes:
        model: The maps and decays.
        candidates: Shape (items, d), float32, unit length, those nobody touched of the model's
            `length`; zero where nothing is known.
        evidence: Shape (items, d), float32.
        ndcg: nDCG@10 on the latest part before that was learned from too, best of all passes, or
            None.
        passes: Over all interactions.
        trial: How the latest part was predicted then, as far as possible for other people than
            those the passes were chosen by; None where `ndcg` is.
    """

    model: BehaviourModel
    candidates: Array
    evidence: Array
    ndcg: float | None
    passes: int
    trial: Trial | None = None


class Learner(Protocol):
    """Learns from what people did, here or in another process."""

    def __call__(
        self,
        sequences: Sequences,
        content: Array,
        settings: TrainingSettings,
        options: EmbedderOptions,
        progress: Callable[[Progress], None],
        *,
        since: float | None = None,
    ) -> Learned:
        """See `embedders.behaviour_training.learn`."""
        ...
