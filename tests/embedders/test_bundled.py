from pathlib import Path

import pytest
import torch
from torchvision.models import ResNet18_Weights, resnet18

from bench.bundled_resnet import data, measure
from embedders import bundled as network
from embedders.checksum import checksum
from embedders.errors import WeightsUnavailable
from embedders.factory import EmbedderOptions, Resolved, make, resolve
from embedders.spaces import Embedder
from tests.shared_data import shared_data

SAMPLE = 1_200
"""Photographs of part B the quick check looks at; with fewer, rare kinds lack ten of their own."""

FOUND = 0.70
"""Measured .74 in this sample and .76 in all of part B; less would mean broken weights."""


@pytest.fixture
def torch_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a host of weights that refuses every connection."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    url = "http://127.0.0.1:9/resnet18-00000000.pth"
    monkeypatch.setattr(ResNet18_Weights.IMAGENET1K_V1.value, "url", url)
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    return checkpoints


def test_the_shipped_network_says_which_it_is(bundled: Embedder) -> None:
    assert bundled.model == f"bundled-resnet@{checksum([network.WEIGHTS])[:12]}"
    assert bundled.training == "trained"
    assert bundled.space.dimensions == network.DIMENSIONS


def test_the_shipped_weights_are_small() -> None:
    assert network.WEIGHTS.stat().st_size <= 12_000_000


def test_the_model_card_is_about_the_shipped_weights(bundled: Embedder) -> None:
    card = (network.WEIGHTS.parent / "README.md").read_text(encoding="utf-8")

    assert bundled.model in card


@pytest.mark.usefixtures("torch_cache")
def test_without_imagenets_weights_the_best_is_the_shipped_network() -> None:
    resolved = resolve("image:resnet18:best")

    assert resolved.specification == "image:bundled"
    assert resolved.instead_of == "image:resnet18:imagenet"
    assert "could neither be read" in (resolved.reason or "")


def test_with_imagenets_weights_at_hand_they_are_the_best(torch_cache: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.save(resnet18().state_dict(), torch_cache / "resnet18-00000000.pth")

    resolved = resolve("image:resnet18:best")

    assert resolved == Resolved("image:resnet18:imagenet")


@pytest.mark.parametrize(
    "specification", ["image:bundled", "image:resnet18:imagenet", "text:x", "hash:image:8"]
)
def test_any_other_specification_stays_what_it_is(specification: str) -> None:
    assert resolve(specification) == Resolved(specification)


@pytest.mark.usefixtures("torch_cache")
def test_imagenet_asked_for_by_name_is_never_replaced() -> None:
    with pytest.raises(WeightsUnavailable, match="bundled"):
        make("image:resnet18:imagenet", EmbedderOptions())


def test_there_are_no_imagenet_weights_of_the_shipped_network() -> None:
    with pytest.raises(WeightsUnavailable, match="no ImageNet weights"):
        make("image:bundled:imagenet", EmbedderOptions())


@pytest.mark.shared_data
def test_most_of_the_ten_nearest_photographs_show_the_same_kind_of_thing() -> None:
    folder = shared_data("fashion")
    sample = data.products(folder, "b")[::3][:SAMPLE]

    vectors = measure.embed("image:bundled", data.files(folder, sample), threads=1)

    assert measure.alike(vectors, [product.labels[0] for product in sample]) >= FOUND
