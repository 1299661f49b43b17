"""Text through sentence-transformers: any of its models, by name or path.

What is embedded is `embedders.wording`; a longer text is cut by the model's own tokeniser, at its
own length. Vectors are the model's own, normalised or not. No code that comes with a model is run.
"""

import contextlib
from collections.abc import Sequence

import numpy as np
import torch

from embedders import vision
from embedders.arithmetic import Arithmetic, prepare
from embedders.checksum import identity
from embedders.errors import WeightsUnavailable
from embedders.items import Content
from embedders.options import EmbedderOptions
from embedders.spaces import Array, Embedded, Space, Training
from embedders.text_weights import TextWeights, find_text_weights
from embedders.wording import worded

vision.prepare()  # transformers imports torchvision where it is installed

from sentence_transformers import SentenceTransformer  # noqa: E402 - after the line above
from transformers.utils import logging as transformers_logging  # noqa: E402


class TextEmbedder:
    """Fills space "text"; made by `load_text`."""

    def __init__(
        self,
        model: SentenceTransformer,
        dimensions: int,
        weights: TextWeights,
        arithmetic: Arithmetic,
    ) -> None:
        self._encoder = model
        self._model = identity(weights.name, weights.digest)
        self._arithmetic = arithmetic
        self._space = Space("text", dimensions)

    @property
    def space(self) -> Space:
        """The space this embedder fills."""
        return self._space

    @property
    def model(self) -> str:
        """The model's name and the beginning of the SHA-256 of its weights."""
        return self._model

    @property
    def training(self) -> Training:
        """Always "trained"."""
        return "trained"

    @property
    def reads_pictures(self) -> bool:
        """Always False."""
        return False

    def source(self, content: Content) -> bytes | None:
        """Return the words as UTF-8, or None when there are none."""
        return worded(content).encode() or None

    def embed(self, contents: Sequence[Content]) -> Embedded:
        """Embed a batch of any length; an item without words is absent."""
        texts = [worded(content) for content in contents]
        present = np.array([bool(text) for text in texts], dtype=np.bool_)
        vectors = np.zeros((len(texts), self._space.dimensions), dtype=np.float32)
        if present.any():
            vectors[present] = self._encode([text for text in texts if text])
        broken = present & ~np.isfinite(vectors).all(axis=1)
        vectors[broken] = 0.0
        problems = {
            int(row): "the text model gave a vector that is not finite"
            for row in np.flatnonzero(broken)
        }
        return Embedded(vectors, present & ~broken, problems)

    def _encode(self, texts: list[str]) -> Array:
        # The encoder sorts texts by length itself, so that a batch holds little padding. Only the
        # multiplications are done in bfloat16: normalising in it too cost up to .003 of cosine
        # against float32, this less than .0001, and batches of titles still take half the time.
        narrow = (
            torch.autocast(self._arithmetic.device, dtype=torch.bfloat16)
            if self._arithmetic.bfloat16
            else contextlib.nullcontext()
        )
        with torch.inference_mode(), narrow:
            encoded = self._encoder.encode(
                texts,
                batch_size=self._arithmetic.batch_size,
                show_progress_bar=False,
                convert_to_tensor=True,
            )
        vectors: Array = encoded.float().cpu().numpy()
        return vectors


def load_text(name: str, options: EmbedderOptions) -> TextEmbedder:
    """Find and load a text model.

    Raises:
        WeightsUnavailable: It cannot be found or loaded; the message says what to do.
        ValueError: The options name an unknown device or precision.
    """
    arithmetic = prepare(options)
    weights = find_text_weights(name)
    # A service's log is no place for one.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call] # it has no types
    try:
        model = SentenceTransformer(
            str(weights.folder),
            device=arithmetic.device,
            trust_remote_code=False,
            local_files_only=True,
        )
    except Exception as error:  # a foreign or broken folder fails in whatever reads it first
        raise WeightsUnavailable(
            f"the text model {name!r} in {weights.folder} does not load ({error}): set "
            "KINDRED_TEXT_MODEL to another one"
        ) from error
    dimensions = model.get_embedding_dimension()
    if dimensions is None:
        raise WeightsUnavailable(
            f"the text model {name!r} does not say how long its vectors are: set "
            "KINDRED_TEXT_MODEL to another one"
        )
    return TextEmbedder(model.eval(), dimensions, weights, arithmetic)
