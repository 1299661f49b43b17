"""How much of everything a run measures."""

from dataclasses import dataclass, replace
from pathlib import Path

from bench.speed.places import ENGINES, EngineName


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a run.

    Attributes:
        sizes: Items of the shops, growing.
        engines: On which.
        rounds: Times each thing is taken.
        seconds: How long saturation is held.
        interactions: Of each shop, and sent over HTTP.
        contents: Items that are embedded by the models.
        fresh: New items that are followed.
        data: Where shops are kept between runs.
        results: Where reports are kept between runs.
    """

    sizes: tuple[int, ...]
    engines: tuple[EngineName, ...]
    rounds: int
    seconds: float
    interactions: int
    contents: int
    fresh: int
    data: Path
    results: Path


USUAL = Plan(
    sizes=(10_000, 100_000),
    engines=ENGINES,
    rounds=100,
    seconds=2.0,
    interactions=100_000,
    contents=192,
    fresh=40,
    data=Path("build/speed/data"),
    results=Path("build/speed/results"),
)
FULL = replace(
    USUAL,
    sizes=(10_000, 100_000, 1_000_000),
    rounds=500,
    seconds=10.0,
    interactions=1_000_000,
    contents=2_000,
    fresh=200,
)
TINY = replace(
    USUAL, sizes=(2_000,), rounds=20, seconds=1.0, interactions=5_000, contents=48, fresh=5
)
