"""torchvision, importable also beside a torch it was not compiled for.

The torchvision wheels on package registries are built for CUDA. Beside a CPU-only torch their C++
operators do not load, and `import torchvision` ends in "operator torchvision::nms does not exist",
because it registers shape rules for two operators nobody declared. Kindred uses neither, so it
declares them, without any implementation, and only where they are missing.

transformers imports torchvision where it finds it, so text models need this as much as pictures do:
every module of this package that imports either calls `prepare` first.
"""

import functools
import importlib

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@functools.cache
def prepare() -> torch.library.Library | None:
    """Make `import torchvision` work; once a process.

    Returns:
        The declarations, None where torchvision's own operators load. They live as long as the
        object does, and the cache keeps it.

    Raises:
        RuntimeError: torchvision fails to import for another reason.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    else:
        return None
    declared = torch.library.Library(  # type: ignore[no-untyped-call] # torch left it without types
        "torchvision", "FRAGMENT"
    )
    for schema in _SCHEMAS:
        declared.define(schema)  # type: ignore[no-untyped-call] # likewise
    importlib.import_module("torchvision")
    return declared
