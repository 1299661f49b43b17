"""How fast items are embedded, against the models alone at their best, and one by one."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from app.demo.catalogue import catalogue
from app.settings import Settings
from bench.speed import models
from bench.speed.filling import clock
from bench.speed.plan import Plan
from bench.speed.report import Goal, Report, Table
from bench.speed.timing import in_turns, spread
from embedders import factory
from embedders.items import Content
from embedders.options import EmbedderOptions
from embedders.spaces import Embedder
from embedders.wording import worded
from indexer import data_urls

SEED = 20
ROUNDS = 5
BATCHES = (16, 32, 64, 128)
PRECISIONS: tuple[models.Precision, ...] = ("float32", "bfloat16")
TRIED = 64
"""Items by which the model's best batch and precision are chosen."""

ONE_BY_ONE = 16
"""Items embedded one by one; more would take long and say the same."""

TRIED_TOO = (
    "Four times one by one is what bfloat16 gives on processors with AMX, where "
    "`KINDRED_PRECISION=auto` takes it; without AMX batches alone are left to win by. There "
    "bfloat16 was slower even with AVX-512's own instructions for it: 16.3 against 10.3 ms a text "
    "and 6.6 against 5.1 a picture, in batches on one thread of an Intel Xeon."
)

LEAST_SHARE = 0.9
LEAST_TIMES = 4.0
MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Text, image or both.

    Attributes:
        product, raw, single: Items a second: as Kindred embeds, by the model alone at its best, and
            one by one in float32.
        best: Batch and precision of that best.
        alike: Least cosine between Kindred's vectors and those of float32; None for both.
    """

    name: str
    product: float
    raw: float
    single: float
    best: str
    alike: float | None


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure the default models on this processor."""
    contents = _contents(plan.contents)
    said = Settings.from_environment({}).embedder_specifications()
    specifications = {space: factory.resolve(named).specification for space, named in said.items()}
    say(f"embedding: {len(contents)} items, {', '.join(specifications.values())}")
    chosen = {space: _made(named, "auto") for space, named in specifications.items()}
    exact = {space: _made(named, "float32") for space, named in specifications.items()}
    raw: Mapping[str, models.Raw] = {
        "text": models.Text(specifications["text"], [worded(each) for each in contents]),
        "image": models.Image(specifications["image"], contents),
    }
    best = {space: _best(each) for space, each in raw.items()}
    say(f"embedding: best by themselves {best}")
    few = contents[:ONE_BY_ONE]
    taken = in_turns(
        {
            "text": lambda _: chosen["text"].embed(contents),
            "text raw": lambda _: raw["text"].run(*best["text"]),
            "text single": lambda _: [exact["text"].embed([each]) for each in few],
            "image": lambda _: chosen["image"].embed(contents),
            "image raw": lambda _: raw["image"].run(*best["image"]),
            "image single": lambda _: [exact["image"].embed([each]) for each in few],
        },
        rounds=ROUNDS,
        warm_up=1,
    )
    rate = {
        name: (len(few) if name.endswith("single") else len(contents)) / spread(times).median
        for name, times in taken.items()
    }
    measured = [
        Measured(
            space,
            rate[space],
            rate[f"{space} raw"],
            rate[f"{space} single"],
            f"{best[space][0]}, {best[space][1]}",
            _alike(chosen[space], exact[space], contents),
        )
        for space in raw
    ]
    return _report([*measured, _both(measured)], len(contents))


def _contents(count: int) -> list[Content]:
    """Take items of the demo's catalogue that have a picture, again and again in other words."""
    shown = [each for each in catalogue(seed=SEED, now=clock()) if each.image_url is not None]
    return [
        Content(
            f"{each.title}, edition {number}",
            each.description,
            each.categories,
            data_urls.content(each.image_url or "", max_bytes=MOST_BYTES),
        )
        for number, each in zip(range(count), itertools.cycle(shown), strict=False)
    ]


def _made(specification: str, precision: str) -> Embedder:
    return factory.make(specification, EmbedderOptions(precision=precision))


def _best(raw: models.Raw) -> tuple[int, models.Precision]:
    """Find the batch and precision by which the model alone is fastest on a few items."""
    able = torch.cpu.get_capabilities().get("amx_bf16", False)
    ways = list(itertools.product(BATCHES, PRECISIONS if able else PRECISIONS[:1]))
    steps: dict[str, Callable[[int], object]] = {
        str(way): lambda _, way=way: raw.run(*way, first=TRIED)  # type: ignore[misc] # mypy does not see the default
        for way in ways
    }
    taken = in_turns(steps, rounds=3, warm_up=1)
    return min(ways, key=lambda way: spread(taken[str(way)]).median)


def _alike(chosen: Embedder, exact: Embedder, contents: Sequence[Content]) -> float:
    one, other = chosen.embed(contents).vectors, exact.embed(contents).vectors
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / lengths).min())


def _both(measured: Sequence[Measured]) -> Measured:
    """An item with words and a picture takes as long as both."""

    def together(rates: Sequence[float]) -> float:
        return 1.0 / sum(1.0 / rate for rate in rates)

    return Measured(
        "both",
        together([each.product for each in measured]),
        together([each.raw for each in measured]),
        together([each.single for each in measured]),
        "as above",
        None,
    )


def _report(measured: Sequence[Measured], count: int) -> Report:
    goals = []
    for each in measured:
        share, times = each.product / each.raw, each.product / each.single
        goals += [
            Goal(
                f"{each.name}: of the model alone",
                f"{LEAST_SHARE:.0%}",
                f"{share:.0%}",
                share >= LEAST_SHARE,
            ),
            Goal(
                f"{each.name}: against one by one in float32",
                f"{LEAST_TIMES:g} times",
                f"{times:.1f} times",
                times >= LEAST_TIMES,
            ),
        ]
    return Report(
        "embedding",
        "Embedding",
        f"{count} items of the demo's catalogue with words and a picture, by the default models on "
        "the processor, one thread: as Kindred embeds them, pictures decoded and scaled; the model "
        "alone, given tokens' texts and decoded pictures, at the batch and precision that are its "
        "best; and one by one in float32. In turns, items a second of medians.",
        tuple(goals),
        (
            Table(
                "Items a second",
                ("", "Kindred", "model alone", "its best", "one by one", "least cosine to float32"),
                tuple(
                    (
                        each.name,
                        f"{each.product:.1f}",
                        f"{each.raw:.1f}",
                        each.best,
                        f"{each.single:.1f}",
                        "" if each.alike is None else f"{each.alike:.5f}",
                    )
                    for each in measured
                ),
            ),
        ),
        remarks=(TRIED_TOO,),
        measures={each.name: each.product for each in measured},
    )
