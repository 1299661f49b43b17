"""The named spaces of the item vector, and what fills them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from embedders.items import Content

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

Training = Literal["trained", "untrained", "hash"]
"""Where an embedder's weights come from: learned from data, seeded noise, or no model at all."""


@dataclass(frozen=True, slots=True)
class Space:
    """A named stretch of the item vector.

    Attributes:
        name: Lower-case, e.g. "text"; unique in a layout.
        dimensions: Length of the block, 1 or more.
    """

    name: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Embedded:
    """The raw vectors of a batch, before centring and scaling.

    Attributes:
        vectors: Shape (n, d), float32, one row a content in the order given; zeros where absent.
        present: Shape (n,), bool; False where there was nothing (readable) to embed.
        problems: Row number to what was wrong with that row's content; such a row is absent.
    """

    vectors: Array
    present: Mask
    problems: Mapping[int, str] = field(default_factory=dict)


class Embedder(Protocol):
    """Turns contents into raw vectors of one space. Deterministic; safe to call from one thread."""

    @property
    def space(self) -> Space:
        """The space this embedder fills."""
        ...

    @property
    def model(self) -> str:
        """Identity of model and weights, at most 255 characters; other weights, other identity."""
        ...

    @property
    def training(self) -> Training:
        """Where the weights come from."""
        ...

    @property
    def reads_pictures(self) -> bool:
        """Whether `Content.picture` matters to it, so that the caller fetches it first."""
        ...

    def source(self, content: Content) -> bytes | None:
        """Return the exact bytes `embed` would look at, or None when there are none.

        Two contents with equal sources have equal vectors: its hash is what vectors are kept under.
        """
        ...

    def embed(self, contents: Sequence[Content]) -> Embedded:
        """Embed a batch of any length, zero included; a broken item is its own row's problem."""
        ...
