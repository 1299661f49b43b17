import subprocess
import sys

import numpy as np
import pytest

from embedders.factory import EmbedderOptions, make, prior_mean
from embedders.items import Content
from embedders.spaces import Embedder


@pytest.mark.parametrize(
    ("specification", "space", "dimensions"),
    [("hash:text:64", "text", 64), ("hash:image:8", "image", 8)],
)
def test_a_hash_specification_gives_a_hash_embedder(
    specification: str, space: str, dimensions: int
) -> None:
    embedder = make(specification, EmbedderOptions())

    assert (embedder.space.name, embedder.space.dimensions) == (space, dimensions)
    assert embedder.training == "hash"


@pytest.mark.parametrize(
    "specification",
    [
        "",
        "text",
        "image",
        "image:resnet18",
        "hash:text",
        "hash:text:0",
        "hash:text:-1",
        "hash:text:²",
        "hash:text:six",
        "hash:text:64:5",
        "hash:sound:64",
        "sound:x",
        "TEXT:x",
    ],
)
def test_other_forms_are_refused_with_the_forms_there_are(specification: str) -> None:
    with pytest.raises(ValueError, match="image:NETWORK:WEIGHTS"):
        make(specification, EmbedderOptions())


def test_the_prior_of_the_default_model_is_where_it_puts_things_for_sale(minilm: Embedder) -> None:
    prior = prior_mean(minilm.model)

    assert prior is not None
    assert prior.shape == (384,)
    assert prior.dtype == np.float32
    for_sale = [Content("cotton t-shirt"), Content("set of six wine glasses"), Content("lantern")]
    prose = [Content("the court adjourned"), Content("proof by induction"), Content("it rained")]
    assert (minilm.embed(for_sale).vectors @ prior).mean() > 0.1 + (
        minilm.embed(prose).vectors @ prior
    ).mean()


@pytest.mark.parametrize("model", ["resnet18:untrained", "hash-text:64", "../priors/x", "", "*"])
def test_other_models_have_no_prior(model: str) -> None:
    assert prior_mean(model) is None


def test_layouts_and_hash_embedders_need_no_torch() -> None:
    program = (
        "import sys, embedders.fitting, embedders.factory as f; "
        "f.make('hash:text:4', f.EmbedderOptions()); f.prior_mean('x'); "
        "print(sorted({'torch', 'torchvision', 'transformers'} & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert printed.strip() == "[]"
