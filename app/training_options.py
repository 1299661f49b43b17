"""The options of learning from what people do: how much, how often, and from what.

Where a default was chosen by numbers, they are in docs/benchmarks/behaviour.md and
docs/decisions/0008.
"""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from app.ranking_options import RankingOptions
from app.values import Duration


class TrainingOptions(RankingOptions):
    """How behaviour is learned. Field order is the order of the reference."""

    train_every: Duration = Field(
        timedelta(days=1),
        ge=timedelta(0),
        le=timedelta(days=365),
        description="How often the worker learns from what people did, by itself, as `kindred "
        "train` does; `0` for never. A night's learning knows what was new the day before, and one "
        "that is worse than what there is changes nothing. Sooner when there is twice as much as "
        "there was.",
    )
    train_least: int = Field(
        1_000,
        ge=1,
        le=1_000_000_000,
        description="Interactions there must be before the worker learns by itself. With fewer, "
        "content says more than people do.",
    )
    train_growth: float = Field(
        0.05,
        ge=0,
        le=10,
        description="Share of what there was that must be new before the worker learns again by "
        "itself: the same again would learn the same again.",
    )
    train_dimensions: int = Field(
        128,
        ge=2,
        le=1_024,
        description="Length of what is learned of an item. 256 was a little better for films and "
        "takes twice the time and memory.",
    )
    train_passes: int = Field(
        10,
        ge=1,
        le=100,
        description="How often everything is gone over, at most; the latest part tells when fewer "
        "are better.",
    )
    train_drop_context: float = Field(
        0.2,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="Chance that something a person did is hidden while learning, so that no list "
        "hangs on one item. This and the four below `kindred tune --training` looks for.",
    )
    train_drop_own: float = Field(
        0.1,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="Chance that an item is known by its content alone while learning, so that "
        "what is new is predicted well. More helps new items at the cost of known ones.",
    )
    train_smoothing: float = Field(
        0.1,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="Share of each answer that is spread over all items: what somebody did next is "
        "one of many things they might have done.",
    )
    train_within: float = Field(
        0.5,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="How often the lines of an order are learned from each other, too, and not "
        "from the orders before alone: 0 never, 1 always.",
    )
    train_trust_people: float = Field(
        3.0,
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="People who must have touched an item for half of what was learned of it "
        "itself to count beside its content.",
    )
    train_item_people: int = Field(
        2,
        ge=1,
        le=1_000,
        description="People who must have touched an item for anything to be learned of it itself. "
        "One says less than its content.",
    )
    train_threads: int = Field(
        1,
        ge=1,
        le=256,
        description="Threads of the process that learns, which is also nice to the others. Steps "
        "are small: on two busy cores, two threads took 1.2 to 2.5 times as long as one.",
    )
    train_device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        description="Where learning runs. `auto` takes a GPU when there is one; `cpu` leaves it to "
        "the models.",
    )
