"""The models alone, without anything of Kindred's around them."""

import contextlib
from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import torch

from embedders import vision
from embedders.image import normal
from embedders.image_weights import find_image_model
from embedders.items import Content
from embedders.pictures import PictureLimits, decode
from embedders.text_weights import find_text_weights

vision.prepare()  # transformers imports torchvision where it is installed

from sentence_transformers import SentenceTransformer  # noqa: E402 - after the line above

Precision = Literal["float32", "bfloat16"]


class Raw(Protocol):
    """A model with what it is to embed made ready."""

    def run(self, batch: int, precision: Precision, *, first: int | None = None) -> None:
        """Embed all, or the first so many, in batches of this size."""
        ...


class Text:
    """A text model; `specification` as `embedders.factory` takes it."""

    def __init__(self, specification: str, texts: Sequence[str]) -> None:
        weights = find_text_weights(specification.partition(":")[2])
        self._model = SentenceTransformer(
            str(weights.folder), device="cpu", trust_remote_code=False, local_files_only=True
        ).eval()
        self._texts = list(texts)

    def run(self, batch: int, precision: Precision, *, first: int | None = None) -> None:
        """Embed."""
        narrow = precision == "bfloat16"
        context = torch.autocast("cpu", torch.bfloat16) if narrow else contextlib.nullcontext()
        with torch.inference_mode(), context:
            self._model.encode(self._texts[:first], batch_size=batch, show_progress_bar=False)


class Image:
    """A network; `specification` as `embedders.factory` takes it."""

    def __init__(self, specification: str, contents: Sequence[Content]) -> None:
        _, network, *weights = specification.split(":", maxsplit=2)
        held = {
            precision: find_image_model(network, weights[0] if weights else "shipped")
            for precision in ("float32", "bfloat16")
        }
        self._layers = {
            precision: model.layers.to(getattr(torch, precision))
            for precision, model in held.items()
        }
        for layers in self._layers.values():
            layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # untyped
        view, limits = held["float32"].view, PictureLimits()
        pixels = [
            view(decode(each.picture or b"", limits, at_least=2 * view.needed)) for each in contents
        ]
        seen = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)
        self._given = normal(seen.float() / 255).to(memory_format=torch.channels_last)

    def run(self, batch: int, precision: Precision, *, first: int | None = None) -> None:
        """Embed."""
        layers, kind = self._layers[precision], getattr(torch, precision)
        with torch.inference_mode():
            for some in torch.split(self._given[:first], batch):
                layers(some.to(kind)).float().mean(dim=(2, 3))
