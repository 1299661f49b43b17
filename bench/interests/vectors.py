"""A data set's items as the product's own vectors, and categories where the data has none."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.cluster.vq import kmeans2

from bench.interests.recorded import Recorded
from bench.similar.cache import Cache
from embedders.factory import prior_mean
from embedders.fitting import fit
from embedders.items import Content
from embedders.layout import Layout, RawBatch
from embedders.spaces import Array, Embedder

KINDS = 60
"""Groups that stand in for categories where a data set has none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Items through a text model.

    Attributes:
        layout: Text alone.
        vectors: Shape (n, d), float32, centred and of unit length, or zero.
    """

    layout: Layout
    vectors: Array


def see(recorded: Recorded, text: Embedder, cache: Cache) -> Seen:
    """Embed titles and categories, and centre them as a rebuild of the index would."""
    contents = [Content(title=each.title, categories=each.categories) for each in recorded.items]
    embedded = cache.embed(text, contents)
    space = text.space.name
    layout = Layout((text.space,))
    raw = RawBatch({space: embedded.vectors}, {space: embedded.present})
    prior = prior_mean(text.model)
    geometry = fit(layout, lambda: [raw], {} if prior is None else {space: prior})
    return Seen(layout, geometry.candidates(raw))


def with_categories(recorded: Recorded, seen: Seen, *, kinds: int = KINDS) -> Recorded:
    """Give items a category each by k-means over their vectors; as it is where they have some.

    The groups serve to count by; nothing of them is embedded.
    """
    if any(each.categories for each in recorded.items):
        return recorded
    count = min(kinds, len(recorded.items))
    _, labels = kmeans2(
        seen.vectors.astype(np.float64), count, minit="++", rng=np.random.default_rng(0)
    )
    items = tuple(
        replace(each, categories=(f"kind {label}",))
        for each, label in zip(recorded.items, labels.tolist(), strict=True)
    )
    grouped = f"one of {count} groups of its words (k-means over text vectors)"
    return replace(recorded, items=items, grouped_by=grouped)
