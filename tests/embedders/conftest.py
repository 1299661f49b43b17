"""Models are loaded once a session."""

import pytest

from embedders import vision
from embedders.factory import EmbedderOptions, make
from embedders.spaces import Embedder

vision.prepare()  # test modules import torchvision themselves


@pytest.fixture(scope="session")
def minilm() -> Embedder:
    return make("text:all-MiniLM-L6-v2", EmbedderOptions())


@pytest.fixture(scope="session")
def resnet() -> Embedder:
    return make("image:resnet18:untrained", EmbedderOptions())


@pytest.fixture(scope="session")
def bundled() -> Embedder:
    return make("image:bundled", EmbedderOptions())


@pytest.fixture(
    scope="session", params=["minilm", "resnet", "bundled", "hash:text:64", "hash:image:64"]
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    """Each kind of embedder in turn."""
    if request.param.startswith("hash"):
        return make(request.param, EmbedderOptions())
    found: Embedder = request.getfixturevalue(request.param)
    return found
