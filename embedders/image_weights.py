"""The weights of an image model: torchvision's own, a file's, the shipped ones, or seeded noise."""

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from embedders import bundled, vision
from embedders.checksum import checksum, identity
from embedders.errors import WeightsUnavailable
from embedders.spaces import Training
from embedders.views import Middle, View, Whole

vision.prepare()

from torchvision import models  # noqa: E402 - after the line above

NETWORK_TIMEOUT = 20.0
"""Seconds that connecting to the weights' host, or any one read from it, may take."""

_SEED = 20_260_101
_HOW_ELSE = (
    "set KINDRED_IMAGE_WEIGHTS to the path of a weights file, or to `untrained` (seeded noise, for "
    "trying things out), or KINDRED_IMAGE_MODEL to `bundled` (small, comes with Kindred) or `none`"
)


_MIDDLE = Middle(side=224, needed=256)


@dataclass(frozen=True, slots=True)
class _Network:
    build: Callable[..., torch.nn.Module]
    weights: Any  # torchvision ships no types; None where it has no weights for the network
    dimensions: int
    view: View = _MIDDLE


_NETWORKS: Mapping[str, _Network] = {
    "resnet18": _Network(models.resnet18, models.ResNet18_Weights.IMAGENET1K_V1, 512),
    "resnet34": _Network(models.resnet34, models.ResNet34_Weights.IMAGENET1K_V1, 512),
    "resnet50": _Network(models.resnet50, models.ResNet50_Weights.IMAGENET1K_V1, 2048),
    "bundled": _Network(bundled.build, None, bundled.DIMENSIONS, Whole(bundled.SIDE)),
}


@dataclass(frozen=True, slots=True)
class ImageModel:
    """A network with its weights.

    Attributes:
        layers: Picture in, last feature map out; in evaluation mode.
        dimensions: Channels of that map.
        identity: Of network and weights.
        training: Where the weights come from.
        view: What it sees of a picture.
    """

    layers: torch.nn.Module
    dimensions: int
    identity: str
    training: Training
    view: View


def find_image_model(network: str, choice: str) -> ImageModel:
    """Build a network and give it weights.

    Args:
        network: "resnet18", "resnet34", "resnet50" or "bundled".
        choice: "imagenet" (torchvision's own, fetched by its loader unless cached), "shipped"
            (with Kindred; for "bundled" alone), "untrained" (noise, the same for every process),
            or the path of a .safetensors file or a state dict that torch saved.

    Raises:
        WeightsUnavailable: The message says what was tried and what to set instead.
        ValueError: There is no such network.
    """
    known = _known(network)
    if choice == "untrained":
        return _model(known, _untrained(known), f"{network}:untrained", "untrained")
    if choice == "imagenet":
        state, digest = _fetched(known)
        named = f"{network}:imagenet"
    elif network == "bundled" and choice == "shipped":
        state, digest = _in_file(bundled.WEIGHTS)
        named = bundled.WEIGHTS.stem
    else:
        file = Path(choice).expanduser()
        state, digest = _in_file(file)
        named = f"{network}:{file.stem}"
    layers = _filled(known, network, choice, state)
    return _model(known, layers, identity(named, digest), "trained")


def why_no_imagenet(network: str) -> str | None:
    """Fetch ImageNet's weights into torch's cache; return why they cannot be had, or None.

    Raises:
        ValueError: There is no such network.
    """
    try:
        _fetched(_known(network))
    except WeightsUnavailable as error:
        return str(error)
    return None


def _known(network: str) -> _Network:
    known = _NETWORKS.get(network)
    if known is None:
        raise ValueError(f"an image model is one of {', '.join(_NETWORKS)}, not {network!r}")
    return known


def _model(
    known: _Network, layers: torch.nn.Module, identity: str, training: Training
) -> ImageModel:
    return ImageModel(layers, known.dimensions, identity, training, known.view)


def _fetched(known: _Network) -> tuple[Mapping[str, torch.Tensor], str]:
    if known.weights is None:
        raise WeightsUnavailable(
            f"there are no ImageNet weights of the bundled network: {_HOW_ELSE}"
        )
    try:
        with _patience(NETWORK_TIMEOUT):
            state = known.weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
        file = Path(torch.hub.get_dir()) / "checkpoints" / Path(known.weights.url).name
        return state, checksum([file])
    except Exception as error:  # a host out of reach, a wrong checksum, a file broken in the cache
        raise WeightsUnavailable(
            f"the ImageNet weights could neither be read from torch's cache nor fetched from "
            f"{known.weights.url} ({_first_line(error)}): {_HOW_ELSE}"
        ) from error


@contextlib.contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Bound every wait on a new socket.

    torch's downloader takes no time limit, and without one a silent host would hold up the start
    for ever. The default is the process's; libraries that set their own limits do not notice it.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _in_file(file: Path) -> tuple[Mapping[str, torch.Tensor], str]:
    try:
        digest = checksum([file])
        if file.suffix == ".safetensors":
            return load_file(file), digest
        # weights_only: a pickle from elsewhere must not run code.
        return torch.load(file, map_location="cpu", weights_only=True), digest
    except Exception as error:  # on hostile bytes unpickling raises almost any
        raise WeightsUnavailable(
            f"{file} cannot be read as image weights ({_first_line(error)}): {_HOW_ELSE}"
        ) from error


def _filled(
    known: _Network, network: str, choice: str, state: Mapping[str, torch.Tensor]
) -> torch.nn.Module:
    """Return the network with these weights; a classifier among them is left out."""
    with torch.random.fork_rng(devices=[]):  # building draws numbers that nobody needs
        model = known.build()
    try:
        wanted = {name: held.float() for name, held in state.items() if not name.startswith("fc.")}
        differing = model.load_state_dict(wanted, strict=False)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise WeightsUnavailable(
            f"{choice} does not hold weights of {network} ({_first_line(error)}): {_HOW_ELSE}"
        ) from error
    # Counters only matter in training, and older files lack them.
    missing = [
        name
        for name in differing.missing_keys
        if not name.startswith("fc.") and not name.endswith("num_batches_tracked")
    ]
    if missing or differing.unexpected_keys:
        raise WeightsUnavailable(
            f"{choice} does not hold weights of {network} (missing: {missing[:3]}, unknown: "
            f"{differing.unexpected_keys[:3]}): {_HOW_ELSE}"
        )
    return _features(model)


def _untrained(known: _Network) -> torch.nn.Module:
    """Return the network with seeded noise for weights.

    Left as they are built, the normalising layers would pass on whatever grows from block to block.
    So they first see some seeded blotches, as training would have shown them pictures.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(_SEED)
        model = known.build()
        blotches = torch.nn.functional.interpolate(
            torch.randn(16, 3, 8, 8), size=(96, 96), mode="bilinear"
        )
        for layer in model.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = None  # take the average as it is, not a tenth of it
        model.train()
        model(blotches + 0.3 * torch.randn_like(blotches))
    return _features(model)


def _features(model: torch.nn.Module) -> torch.nn.Module:
    """Leave out the last two parts, which pool and classify."""
    return torch.nn.Sequential(*list(model.children())[:-2]).eval()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
