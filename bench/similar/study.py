"""One image model beside the text model: everything that is measured of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.similar.cache import Cache
from bench.similar.catalogue import Catalogue, merged, read
from bench.similar.centring import Centrings, centrings
from bench.similar.missing import Fate, fates
from bench.similar.nearest import Alike, alike, nearest
from bench.similar.vectors import Vectors, see
from bench.similar.weighting import Weighting, split, sweep
from embedders.factory import prior_mean
from embedders.spaces import Array, Embedder

PRIOR_SAMPLE = 2_000
"""Products of part A whose mean stands in for a prior that is not shipped."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The data, by what it is for.

    Attributes:
        chosen_by: Held back from part A: defaults are chosen on it.
        reported: Part B.
        everything: Part B, then all others: what a catalogue three times as large does.
        seen: A sample of what the bundled network was trained on, for prior means.
        newcomers: Shape (n,), which of part B have no twin in part A: nothing there has their
            title or their picture file.
    """

    chosen_by: Catalogue
    reported: Catalogue
    everything: Catalogue
    seen: Catalogue
    newcomers: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Half:
    """What is measured on the items defaults are chosen by, and again on those reported."""

    sweep: Sequence[Weighting]
    fates: Sequence[Fate]
    centrings: Centrings


@dataclass(frozen=True, slots=True)
class Study:
    """One image model, measured.

    Attributes:
        model: Its identity.
        training: Where its weights come from.
        prior: Where the prior means came from, in words.
        lists: Name of a space, or "mix", to the lists' shares on part B.
        newcomers: Pictures alone, only for items without a twin in part A.
        among_all: As `lists`, but part B finds its nearest among everything; None for untrained
            weights.
        choice, report: None for untrained weights, from which nobody would choose.
        vectors: Part B's.
    """

    model: str
    training: str
    prior: str
    lists: dict[str, Alike]
    newcomers: Alike
    among_all: dict[str, Alike] | None
    choice: Half | None
    report: Half | None
    vectors: Vectors


def parts(folder: Path, limit: int | None) -> Parts:
    """Read the data; `limit` bounds the items of each part."""
    reported = read(folder, "b", limit)
    known = read(folder, "train").sources() | read(folder, "choose").sources()
    newcomers = np.array(
        [
            (content.title or "").encode() not in known and (content.picture or b"") not in known
            for content in reported.contents
        ],
        dtype=np.bool_,
    )
    seen = read(folder, "train", min(PRIOR_SAMPLE, limit or PRIOR_SAMPLE))
    chosen_by = read(folder, "choose", limit)
    everything = merged([reported, chosen_by, read(folder, "train", limit)])
    return Parts(chosen_by, reported, everything, seen, newcomers)


def study(held: Parts, text: Embedder, image: Embedder, cache: Cache, weight: float) -> Study:
    """Measure an image model beside the text model.

    Args:
        held: The data.
        text: Fills the text space.
        image: Fills the image space.
        cache: Keeps vectors.
        weight: Of the image space in the mix, the text space having the rest.
    """
    priors, described = _priors(held.seen, (text, image), cache)
    vectors = see(held.reported, text, image, cache, priors)
    candidates = vectors.candidates()
    found = {
        name: vectors.lists(split(share), candidates)
        for name, share in (("text", 0.0), ("image", 1.0), ("mix", weight))
    }
    among_all: dict[str, Alike] | None = None
    halves: list[Half | None] = [None, None]
    if image.training != "untrained":
        chosen_by = see(held.chosen_by, text, image, cache, priors)
        halves = [
            _half(held.chosen_by, chosen_by, weight),
            _half(held.reported, vectors, weight),
        ]
        among_all = _among_all(held, see(held.everything, text, image, cache, priors), weight)
    return Study(
        model=image.model,
        training=image.training,
        prior=described,
        lists={name: alike(lists, held.reported) for name, lists in found.items()},
        newcomers=alike(found["image"].of(held.newcomers), held.reported),
        among_all=among_all,
        choice=halves[0],
        report=halves[1],
        vectors=vectors,
    )


def _among_all(held: Parts, vectors: Vectors, weight: float) -> dict[str, Alike]:
    candidates = vectors.candidates()
    questions = np.arange(len(held.reported))
    found = {}
    for name, share in (("text", 0.0), ("image", 1.0), ("mix", weight)):
        queries = vectors.layout.query(candidates, split(share))
        found[name] = alike(nearest(queries, candidates, questions), held.everything)
    return found


def _half(catalogue: Catalogue, vectors: Vectors, weight: float) -> Half:
    weights = split(weight)
    return Half(
        sweep(catalogue, vectors),
        fates(catalogue, vectors, weights),
        centrings(catalogue, vectors, weights),
    )


def _priors(
    seen: Catalogue, embedders: Sequence[Embedder], cache: Cache
) -> tuple[dict[str, Array], str]:
    """Take the shipped priors, and means of part A where none is shipped."""
    priors: dict[str, Array] = {}
    described = []
    for embedder in embedders:
        held, source = prior_mean(embedder.model), "as shipped"
        if held is None and embedder.training == "untrained":
            source = "none"
        elif held is None:
            embedded = cache.embed(embedder, seen.contents)
            held = embedded.vectors[embedded.present].mean(axis=0, dtype=np.float64)
            source = f"the mean of {len(seen)} products that part A trains on"
        if held is not None:
            priors[embedder.space.name] = held.astype(np.float32)
        described.append(f"{embedder.space.name} {source}")
    return priors, ", ".join(described)
