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
    train_item_people: int = Field(
        2,
        ge=1,
        le=1_000,
        description="People who must have touched an item for anything to be learned of it itself. "
        "One says less than its content.",
    )
    train_burst: int = Field(
        60,
        ge=1,
        le=100_000,
        description="Different moments a person may have within a minute. More is a script, and "
        "whoever does mostly that is left out altogether; raise it where a till or a whole shop "
        "has one user_id.",
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
