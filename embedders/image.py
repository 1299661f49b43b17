"""Pictures through a torchvision ResNet: the last feature map, averaged over the picture.

Pictures are prepared as the network was trained: `embedders.views` has the ways.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from embedders.arithmetic import Arithmetic, prepare
from embedders.errors import UnreadableImage
from embedders.image_weights import ImageModel, find_image_model
from embedders.items import Content
from embedders.options import EmbedderOptions
from embedders.pictures import PictureLimits, decode
from embedders.spaces import Array, Embedded, Space, Training
from embedders.views import Pixels

Batch = tuple[list[int], Pixels]
"""Row numbers, and their pixels: shape (b, side, side, 3)."""

# ImageNet's own, per channel, as torchvision's weights state them.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


def normal(seen: torch.Tensor) -> torch.Tensor:
    """Scale pictures as the networks expect them: shape (b, 3, side, side), from 0 to 1."""
    mean = torch.tensor(_MEAN, device=seen.device).view(1, 3, 1, 1)
    deviation = torch.tensor(_DEVIATION, device=seen.device).view(1, 3, 1, 1)
    return (seen - mean) / deviation


class ImageEmbedder:
    """Fills space "image"; made by `load_image`."""

    def __init__(self, model: ImageModel, arithmetic: Arithmetic, limits: PictureLimits) -> None:
        self._space = Space("image", model.dimensions)
        self._identity = model.identity
        self._training = model.training
        self._view = model.view
        self._arithmetic = arithmetic
        self._limits = limits
        self._type = torch.bfloat16 if arithmetic.bfloat16 else torch.float32
        # Channels last: with it bfloat16 takes half the time, and float32 a little less.
        self._layers = model.layers.to(arithmetic.device, self._type)
        self._layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # untyped

    @property
    def space(self) -> Space:
        """The space this embedder fills."""
        return self._space

    @property
    def model(self) -> str:
        """The network, its weights' name, and the beginning of their SHA-256."""
        return self._identity

    @property
    def training(self) -> Training:
        """Either "trained" or "untrained"."""
        return self._training

    @property
    def reads_pictures(self) -> bool:
        """Always True."""
        return True

    def source(self, content: Content) -> bytes | None:
        """Return the picture file, or None when there is none."""
        return content.picture or None

    def embed(self, contents: Sequence[Content]) -> Embedded:
        """Embed a batch of any length; a picture that cannot be read is its own row's problem."""
        vectors = np.zeros((len(contents), self._space.dimensions), dtype=np.float32)
        present = np.zeros(len(contents), dtype=np.bool_)
        problems: dict[int, str] = {}
        for rows, pixels in _ahead(self._decoded(contents, problems)):
            vectors[rows] = self._forward(pixels)
            present[rows] = True
        for row in np.flatnonzero(present & ~np.isfinite(vectors).all(axis=1)):
            vectors[row], present[row] = 0.0, False
            problems[int(row)] = "the image model gave a vector that is not finite"
        return Embedded(vectors, present, problems)

    def _decoded(self, contents: Sequence[Content], problems: dict[int, str]) -> Iterator[Batch]:
        """Yield batches; note broken rows.

        A batch of decoded pictures is made at a time.
        """
        rows: list[int] = []
        held: list[Pixels] = []
        for row, content in enumerate(contents):
            source = self.source(content)
            if source is None:
                continue
            try:
                # Twice the side that is needed leaves the scaling its smoothness.
                picture = decode(source, self._limits, at_least=2 * self._view.needed)
                held.append(self._view(picture))
                rows.append(row)
            except UnreadableImage as error:
                problems[row] = str(error)
            if len(held) == self._arithmetic.batch_size:
                yield rows, np.stack(held)
                rows, held = [], []
        if held:
            yield rows, np.stack(held)

    def _forward(self, pixels: Pixels) -> Array:
        seen = torch.from_numpy(pixels).to(self._arithmetic.device).permute(0, 3, 1, 2)
        with torch.inference_mode():
            given = normal(seen.float() / 255)
            features = self._layers(given.to(self._type, memory_format=torch.channels_last))
            # Averaged in float32: the sum of 49 bfloat16 numbers would lose half their digits.
            pooled = features.float().mean(dim=(2, 3))
        vectors: Array = pooled.cpu().numpy()
        return vectors


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Make the next batch while the one before is used: decoding and scaling need no lock.

    Pictures took 28 % of the time when the network waited for them.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="pictures") as other:
        coming = other.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = other.submit(next, batches, None)
            yield batch


def load_image(network: str, weights: str, options: EmbedderOptions) -> ImageEmbedder:
    """Build an image model and give it weights, as `embedders.image_weights` describes.

    Raises:
        WeightsUnavailable: The message says what was tried and what to set instead.
        ValueError: There is no such network, device or precision.
    """
    arithmetic = prepare(options)
    limits = PictureLimits(
        options.max_picture_bytes, options.max_picture_pixels, options.max_picture_frames
    )
    return ImageEmbedder(find_image_model(network, weights), arithmetic, limits)
