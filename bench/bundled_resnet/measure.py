"""How alike nearest neighbours are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embedders.factory import EmbedderOptions, make
from embedders.items import Content
from embedders.spaces import Array

NEAREST = 10


def embed(specification: str, files: Sequence[bytes], *, threads: int = 2) -> Array:
    """Embed picture files as the product does, and centre them on their mean, shape (n, d)."""
    embedder = make(specification, EmbedderOptions(threads=threads, batch_size=64))
    embedded = embedder.embed([Content(picture=file) for file in files])
    if embedded.problems:
        raise ValueError(f"pictures could not be read: {dict(list(embedded.problems.items())[:3])}")
    return unit(embedded.vectors)


def unit(vectors: Array) -> Array:
    """Centre raw vectors on their mean and scale them to unit length, as an index does."""
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    scaled: Array = (centred / np.linalg.norm(centred, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def shares(vectors: Array, labels: Sequence[str], nearest: int = NEAREST) -> NDArray[np.float64]:
    """For each picture, the share of its nearest others that have its label, shape (n,)."""
    known = np.unique(np.array(labels), return_inverse=True)[1]
    found = []
    for start in range(0, len(vectors), 1_000):
        rows = np.arange(start, min(start + 1_000, len(vectors)))
        scores = vectors[rows] @ vectors.T
        scores[np.arange(len(rows)), rows] = -np.inf
        near = np.argpartition(-scores, nearest, axis=1)[:, :nearest]
        found.append((known[near] == known[rows][:, None]).mean(axis=1))
    return np.concatenate(found)


def alike(vectors: Array, labels: Sequence[str]) -> float:
    """Precision at ten: `shares`, averaged over all pictures."""
    return float(shares(vectors, labels).mean())
