"""Where models run on this machine, and in which precision."""

from dataclasses import dataclass

import torch

from embedders.options import EmbedderOptions


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What the options come to on this machine.

    Attributes:
        device: "cpu" or "cuda".
        bfloat16: Whether models multiply in bfloat16; vectors come out as float32 either way.
        batch_size: Items a forward pass.
    """

    device: str
    bfloat16: bool
    batch_size: int


def prepare(options: EmbedderOptions) -> Arithmetic:
    """Decide device and precision, and set torch's thread count for the whole process.

    Raises:
        ValueError: A value is not one the options know, or there is no such device.
    """
    torch.set_num_threads(options.threads)
    device = _device(options.device)
    return Arithmetic(device, _bfloat16(options.precision, device), options.batch_size)


def _device(wanted: str) -> str:
    if wanted not in ("auto", "cpu", "cuda"):
        raise ValueError(f"a device is auto, cpu or cuda, not {wanted!r}")
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise ValueError("the device is to be cuda, but torch finds no GPU here; use auto or cpu")
    return "cuda" if available and wanted != "cpu" else "cpu"


def _bfloat16(wanted: str, device: str) -> bool:
    if wanted not in ("auto", "float32", "bfloat16"):
        raise ValueError(f"a precision is auto, float32 or bfloat16, not {wanted!r}")
    if wanted != "auto":
        return wanted == "bfloat16"
    # Measured on two AMX cores, ms a picture through ResNet-18 with 1 thread, float32 against
    # bfloat16: 47 against 16 one at a time, 42 against 14 in batches of 32. Without AMX the
    # processor only imitates bfloat16, and GPUs are fast enough in float32.
    return device == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16", False))
