"""Vectors kept in a folder, so that a second run embeds nothing again."""

import hashlib
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from embedders.items import Content
from embedders.spaces import Array, Embedded, Embedder

AT_ONCE = 512
"""Items between two writes: what a run that is stopped may lose."""


class Cache:
    """Embeds contents, each distinct one once; a file a model.

    Args:
        folder: Where the vectors lie between runs; None keeps them in this one.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: dict[str, dict[bytes, Array]] = {}

    def embed(self, embedder: Embedder, contents: Sequence[Content]) -> Embedded:
        """Return what the embedder would, in the order given; problems are not kept."""
        digests = [_digest(embedder.source(content)) for content in contents]
        kept = self._of(embedder.model)
        problems: dict[int, str] = {}
        places = {
            digest: place
            for place, digest in enumerate(digests)
            if digest is not None and digest not in kept
        }
        missing = sorted(places.values())
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            fresh = embedder.embed([contents[place] for place in some])
            for row, place in enumerate(some):
                digest = digests[place]
                if digest is not None and fresh.present[row]:
                    kept[digest] = fresh.vectors[row]
                elif row in fresh.problems:
                    problems[place] = fresh.problems[row]
            self._write(embedder.model)
        vectors = np.zeros((len(contents), embedder.space.dimensions), dtype=np.float32)
        present = np.zeros(len(contents), dtype=np.bool_)
        for place, digest in enumerate(digests):
            if digest is not None and digest in kept:
                vectors[place], present[place] = kept[digest], True
        return Embedded(vectors, present, problems)

    def _of(self, model: str) -> dict[bytes, Array]:
        if model not in self._kept:
            file = self._file(model)
            self._kept[model] = {}
            if file is not None and file.exists():
                held = load_file(file)
                pairs = zip(held["digests"], held["vectors"], strict=True)
                self._kept[model] = {row.tobytes(): vector for row, vector in pairs}
        return self._kept[model]

    def _write(self, model: str) -> None:
        file, kept = self._file(model), self._kept[model]
        if file is None or not kept:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        written = file.with_suffix(".part")
        digests = np.stack([np.frombuffer(digest, dtype=np.uint8) for digest in kept])
        save_file({"digests": digests, "vectors": np.stack(list(kept.values()))}, written)
        written.replace(file)

    def _file(self, model: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / f"{urllib.parse.quote(model, safe='')}.safetensors"


def _digest(source: bytes | None) -> bytes | None:
    return None if source is None else hashlib.sha256(source).digest()
