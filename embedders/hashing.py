"""Embedders without a model: exact, instant, the same in every process.

They serve tests and first tries, and obey the contract the real ones obey.

    text    every word is a pattern of +1 and -1 that only its letters decide; a text is the mean of
            its words' patterns, so texts that share words are near
    image   the average colours of a 4 x 4 grid over the picture, seen through fixed random signs,
            so pictures of like colours in like places are near
"""

import functools
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from embedders.errors import UnreadableImage
from embedders.items import Content
from embedders.pictures import PictureLimits, decode
from embedders.spaces import Array, Embedded, Space, Training
from embedders.wording import worded

_GRID = 4
_WORD = re.compile(r"\w+")


class HashEmbedder:
    """Fills space "image" from pictures, and a space of any other name from words."""

    def __init__(
        self, space_name: str, dimensions: int, limits: PictureLimits | None = None
    ) -> None:
        self._space = Space(space_name, dimensions)
        self._limits = limits or PictureLimits()

    @property
    def space(self) -> Space:
        """The space this embedder fills."""
        return self._space

    @property
    def model(self) -> str:
        """Its kind and length; there are no weights."""
        kind = "image" if self.reads_pictures else "text"
        return f"hash-{kind}:{self._space.dimensions}"

    @property
    def training(self) -> Training:
        """Always "hash"."""
        return "hash"

    @property
    def reads_pictures(self) -> bool:
        """Whether it fills the image space."""
        return self._space.name == "image"

    def source(self, content: Content) -> bytes | None:
        """Return the picture file, or the words as UTF-8; None when there are none."""
        if self.reads_pictures:
            return content.picture or None
        return worded(content).encode() or None

    def embed(self, contents: Sequence[Content]) -> Embedded:
        """Embed a batch; a broken picture is its own row's problem."""
        vectors = np.zeros((len(contents), self._space.dimensions), dtype=np.float32)
        present = np.zeros(len(contents), dtype=np.bool_)
        problems: dict[int, str] = {}
        seen: Callable[[bytes], Array] = self._picture if self.reads_pictures else self._words
        for row, content in enumerate(contents):
            source = self.source(content)
            if source is None:
                continue
            try:
                vectors[row] = seen(source)
                present[row] = True
            except UnreadableImage as error:
                problems[row] = str(error)
        return Embedded(vectors, present, problems)

    def _words(self, source: bytes) -> Array:
        text = source.decode().casefold()
        words = Counter(_WORD.findall(text) or text.split())
        total = np.zeros(self._space.dimensions, dtype=np.float32)
        for word, times in words.items():
            total += times * _signs(f"word {word}", self._space.dimensions)
        return (total / words.total()).astype(np.float32)

    def _picture(self, source: bytes) -> Array:
        picture = decode(source, self._limits, at_least=8 * _GRID)
        colours = np.asarray(picture.resize((_GRID, _GRID), Image.Resampling.BOX))
        numbers = (colours.astype(np.float32).ravel() - 128.0) / 128.0
        return (numbers @ _projection(self._space.dimensions)).astype(np.float32)


@functools.lru_cache(maxsize=16_384)
def _signs(name: str, dimensions: int) -> Array:
    """Return +1 and -1, shape (dimensions,), decided by the name alone."""
    # SHAKE-256 gives as many bits as wanted, the same everywhere; Python's hash() is salted.
    digest = hashlib.shake_256(name.encode()).digest((dimensions + 7) // 8)
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))[:dimensions]
    return bits.astype(np.float32) * 2 - 1


@functools.cache
def _projection(dimensions: int) -> Array:
    return np.stack([_signs(f"colour {number}", dimensions) for number in range(3 * _GRID**2)])
