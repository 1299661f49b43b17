"""From a specification, a short string kept with each generation, to an embedder.

Specifications:
    text:all-MiniLM-L6-v2            a sentence-transformers name or path
    image:resnet18:imagenet          torchvision's own weights, by its own loader
    image:resnet18:/path/w.safetensors   a weights file (.safetensors, or a .pth state dict)
    image:resnet18:untrained         seeded noise, only because it was asked for by name
    image:bundled                    the small ResNet that is shipped with Kindred
    image:resnet18:best              torchvision's own weights, or, where they cannot be had, the
                                     shipped network: `resolve` says which, `make` takes neither
    hash:text:64, hash:image:64      HashEmbedder, no model (tests, first tries)
"""

from dataclasses import dataclass
from pathlib import Path

from safetensors.numpy import load_file

from embedders.hashing import HashEmbedder
from embedders.options import EmbedderOptions
from embedders.pictures import PictureLimits
from embedders.spaces import Array, Embedder

__all__ = ["EmbedderOptions", "Resolved", "make", "prior_mean", "resolve"]

BUNDLED = "image:bundled"

_PRIORS = Path(__file__).parent / "priors"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a specification comes to here and now.

    Attributes:
        specification: What `make` takes.
        instead_of: The better one that could not be had, or None.
        reason: Why it could not, or None.
    """

    specification: str
    instead_of: str | None = None
    reason: str | None = None


def resolve(specification: str) -> Resolved:
    """Replace "best" weights by the best that can be had; fetches them. Others stay as they are.

    Raises:
        ValueError: There is no such network.
    """
    match specification.split(":", maxsplit=2):
        case ["image", network, "best"]:
            from embedders.image_weights import why_no_imagenet

            wanted = f"image:{network}:imagenet"
            reason = why_no_imagenet(network)
            return Resolved(wanted) if reason is None else Resolved(BUNDLED, wanted, reason)
    return Resolved(specification)


def make(specification: str, options: EmbedderOptions) -> Embedder:
    """Make the embedder a specification names; loads its model.

    Raises:
        WeightsUnavailable: The message names what was tried and which setting to change.
        ValueError: The specification is not of a known form.
    """
    match specification.split(":", maxsplit=2):
        case ["text", _, *_]:
            # torch takes seconds to import and hundreds of megabytes, and a process that only asks
            # for hash embedders, layouts or priors needs none of it.
            from embedders.text import load_text

            return load_text(specification.partition(":")[2], options)
        case ["image", "bundled"]:
            from embedders.image import load_image

            return load_image("bundled", "shipped", options)
        case ["image", network, weights]:
            from embedders.image import load_image

            return load_image(network, weights, options)
        case ["hash", "text" | "image" as space, dimensions] if _counts(dimensions):
            limits = PictureLimits(
                options.max_picture_bytes, options.max_picture_pixels, options.max_picture_frames
            )
            return HashEmbedder(space, int(dimensions), limits)
    raise ValueError(
        f"no embedder is called {specification!r}; write text:NAME, image:NETWORK:WEIGHTS, "
        f"{BUNDLED}, hash:text:DIMENSIONS or hash:image:DIMENSIONS"
    )


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def prior_mean(model: str) -> Array | None:
    """Return the shipped prior mean for a default model's identity, or None.

    A prior is the mean raw vector of things sold elsewhere; bench/priors.py made them.
    """
    shipped = {file.stem: file for file in _PRIORS.glob("*.safetensors")}
    file = shipped.get(model)
    if file is None:
        return None
    mean: Array = load_file(file)["mean"]
    return mean
