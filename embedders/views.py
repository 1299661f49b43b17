"""What a network sees of a picture: a square of pixels, cut or squeezed out of it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


class View(Protocol):
    """From a picture to what a network sees of it."""

    @property
    def side(self) -> int:
        """Pixels along each side of what is seen."""
        ...

    @property
    def needed(self) -> int:
        """Shorter side a picture needs, in pixels, for nothing to be lost."""
        ...

    def __call__(self, picture: Image.Image) -> Pixels:
        """Return what is seen, shape (side, side, 3)."""
        ...


@dataclass(frozen=True, slots=True)
class Middle:
    """As networks look at ImageNet: the shorter side is scaled, and the middle cut out.

    Attributes:
        side: Of the middle.
        needed: What the shorter side is scaled to.
    """

    side: int
    needed: int

    def __call__(self, picture: Image.Image) -> Pixels:
        """Cut the middle out before it is scaled, not after.

        These are the same pixels to within rounding, and a picture a pixel high and a million wide
        costs no more than any other.
        """
        width, height = picture.size
        half = min(width, height) * self.side / self.needed / 2
        box = (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)
        scaled = picture.resize((self.side,) * 2, Image.Resampling.BILINEAR, box=box)
        return np.asarray(scaled, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole picture, squeezed into a square: product photographs are filled to their edges."""

    side: int

    @property
    def needed(self) -> int:
        """The side."""
        return self.side

    def __call__(self, picture: Image.Image) -> Pixels:
        """Squeeze."""
        scaled = picture.resize((self.side,) * 2, Image.Resampling.BILINEAR)
        return np.asarray(scaled, dtype=np.uint8)
