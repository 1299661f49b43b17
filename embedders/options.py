"""How embedders run on this machine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmbedderOptions:
    """How embedders run on this machine; never part of what they compute.

    Attributes:
        threads: torch threads, 1 or more. torch keeps one count for the whole process, so the
            embedder made last decides.
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
