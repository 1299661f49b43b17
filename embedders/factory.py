"""From a specification, a short string kept with each generation, to an embedder.

Specifications:
    text:all-MiniLM-L6-v2            a sentence-transformers name or path (see embedders.text)
    image:resnet18:imagenet          torchvision's own weights, by its own loader
    image:resnet18:/path/w.safetensors   a weights file (.safetensors, or a .pth state dict)
    image:resnet18:untrained         seeded noise, only because it was asked for by name
    hash:text:64, hash:image:64      HashEmbedder, no model (tests, first tries)
"""

from dataclasses import dataclass

from embedders.spaces import Array, Embedder


@dataclass(frozen=True, slots=True)
class EmbedderOptions:
    """How embedders run on this machine; never part of what they compute.

    Attributes:
        threads: torch threads, 1 or more.
        batch_size: Items a forward pass.
        precision: "auto" (bfloat16 where the processor has AMX), "float32" or "bfloat16".
        device: "cpu", "cuda" or "auto".
        max_picture_bytes, max_picture_pixels, max_picture_frames: Limits before decoding.
    """

    threads: int = 1
    batch_size: int = 32
    precision: str = "auto"
    device: str = "auto"
    max_picture_bytes: int = 10_000_000
    max_picture_pixels: int = 50_000_000
    max_picture_frames: int = 500


def make(specification: str, options: EmbedderOptions) -> Embedder:
    """Make the embedder a specification names; loads its model.

    Raises:
        WeightsUnavailable: The message names what was tried and which setting to change.
        ValueError: The specification is not of a known form.
    """
    raise NotImplementedError


def prior_mean(model: str) -> Array | None:
    """Return the shipped prior mean for a default model's identity, or None."""
    raise NotImplementedError
