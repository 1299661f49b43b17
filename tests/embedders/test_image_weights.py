import functools
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import ResNet18_Weights, resnet18

from embedders import image_weights
from embedders.errors import WeightsUnavailable
from embedders.factory import EmbedderOptions, make
from embedders.image_weights import find_image_model
from embedders.items import Content
from tests.embedders.drawings import drawn, encoded

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return dict(resnet18().state_dict())


@pytest.fixture
def torch_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    checkpoints = tmp_path / "torch" / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    return checkpoints


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on loopback, and the folder it serves."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    thread.join()
    server.server_close()


def fetch_from(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(ResNet18_Weights.IMAGENET1K_V1.value, "url", url)


def same(layers: torch.nn.Module, state: State) -> bool:
    held = next(iter(layers.parameters()))
    return torch.equal(held, state["conv1.weight"])


@pytest.mark.parametrize("name", ["mine.safetensors", "mine.pth"])
@pytest.mark.parametrize("headless", [True, False])
def test_weights_are_read_from_a_file(
    tmp_path: Path, state: State, name: str, *, headless: bool
) -> None:
    kept = {key: held for key, held in state.items() if not headless or not key.startswith("fc.")}
    file = tmp_path / name
    if file.suffix == ".pth":
        torch.save(kept, file)
    else:
        save_file(kept, file)

    model = find_image_model("resnet18", str(file))

    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert model.identity == f"resnet18:mine@{digest[:12]}"
    assert model.training == "trained"
    assert not model.layers.training
    assert same(model.layers, state)


def test_other_weights_are_another_model(tmp_path: Path, state: State) -> None:
    file = tmp_path / "mine.safetensors"
    save_file(state, file)
    before = find_image_model("resnet18", str(file)).identity

    save_file({**state, "conv1.weight": state["conv1.weight"] + 1}, file)

    assert find_image_model("resnet18", str(file)).identity != before


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x80\x04N."])
@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(WeightsUnavailable, match="KINDRED_IMAGE_WEIGHTS"):
        find_image_model("resnet18", str(file))


def test_a_pickle_that_would_run_code_does_not(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    file = tmp_path / "w.pth"

    class Touch:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (str(touched),))

    torch.save({"conv1.weight": Touch()}, file)

    with pytest.raises(WeightsUnavailable):
        find_image_model("resnet18", str(file))
    assert not touched.exists()


def test_weights_of_another_network_are_refused(tmp_path: Path, state: State) -> None:
    file = tmp_path / "w.safetensors"
    save_file(state, file)

    with pytest.raises(WeightsUnavailable, match="does not hold weights of resnet50"):
        find_image_model("resnet50", str(file))


def test_incomplete_weights_are_refused(tmp_path: Path, state: State) -> None:
    file = tmp_path / "w.safetensors"
    save_file({key: held for key, held in state.items() if "layer3" not in key}, file)

    with pytest.raises(WeightsUnavailable, match=r"missing: .*layer3"):
        find_image_model("resnet18", str(file))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(WeightsUnavailable, match=r"/nowhere/w\.safetensors"):
        find_image_model("resnet18", "/nowhere/w.safetensors")


def test_imagenet_weights_in_torchs_cache_are_used(torch_cache: Path, state: State) -> None:
    file = torch_cache / Path(ResNet18_Weights.IMAGENET1K_V1.url).name
    torch.save(state, file)

    model = find_image_model("resnet18", "imagenet")

    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert model.identity == f"resnet18:imagenet@{digest[:12]}"
    assert same(model.layers, state)


def test_imagenet_weights_are_fetched_and_checked(
    torch_cache: Path, host: tuple[str, Path], state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = host
    torch.save(state, folder / "w.pth")
    digest = hashlib.sha256((folder / "w.pth").read_bytes()).hexdigest()
    (folder / "w.pth").rename(folder / f"resnet18-{digest[:8]}.pth")
    fetch_from(monkeypatch, f"{url}/resnet18-{digest[:8]}.pth")

    model = find_image_model("resnet18", "imagenet")

    assert same(model.layers, state)
    assert (torch_cache / f"resnet18-{digest[:8]}.pth").exists()


@pytest.mark.usefixtures("torch_cache")
def test_fetched_weights_with_another_checksum_are_refused(
    host: tuple[str, Path], state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = host
    torch.save(state, folder / "resnet18-00000000.pth")
    fetch_from(monkeypatch, f"{url}/resnet18-00000000.pth")

    with pytest.raises(WeightsUnavailable, match="invalid hash"):
        find_image_model("resnet18", "imagenet")


@pytest.mark.usefixtures("torch_cache")
def test_a_silent_host_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_weights, "NETWORK_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetch_from(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/resnet18-00000000.pth")
        began = time.monotonic()

        with pytest.raises(WeightsUnavailable, match="untrained") as caught:
            find_image_model("resnet18", "imagenet")

    assert time.monotonic() - began < 5
    assert "KINDRED_IMAGE_MODEL" in str(caught.value)
    assert socket.getdefaulttimeout() is None


def test_a_vector_that_is_not_finite_is_its_rows_problem(tmp_path: Path, state: State) -> None:
    file = tmp_path / "w.safetensors"
    save_file({**state, "conv1.weight": state["conv1.weight"] * torch.nan}, file)
    embedder = make(f"image:resnet18:{file}", EmbedderOptions())

    embedded = embedder.embed([Content(), Content(picture=encoded(drawn(1)))])

    assert embedded.present.tolist() == [False, False]
    assert not embedded.vectors.any()
    assert set(embedded.problems) == {1}


def test_an_unknown_network_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="resnet18, resnet34, resnet50, bundled, not 'vgg'"):
        find_image_model("vgg", "untrained")


def test_building_a_model_leaves_the_random_numbers_of_others_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)

    find_image_model("resnet18", "untrained")

    assert torch.equal(torch.rand(3), expected)
