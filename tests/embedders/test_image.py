import numpy as np
import pytest

from embedders.factory import EmbedderOptions, make
from embedders.items import Content
from embedders.spaces import Embedder
from tests.embedders.drawings import drawn, encoded


def pictures(count: int) -> list[Content]:
    return [Content(picture=encoded(drawn(seed))) for seed in range(count)]


def test_untrained_weights_say_so(resnet: Embedder) -> None:
    assert resnet.training == "untrained"
    assert resnet.model == "resnet18:untrained"
    assert resnet.space.dimensions == 512


def test_untrained_features_tell_pictures_apart(resnet: Embedder) -> None:
    vectors = resnet.embed(pictures(24)).vectors

    centred = vectors - vectors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    alike = unit @ unit.T - 2 * np.eye(24, dtype=np.float32)
    spread = vectors.std(axis=0) / np.abs(vectors).mean()
    assert alike.max() < 0.9
    assert np.median(spread) > 0.02


def test_a_picture_saved_again_in_another_format_stays_near(resnet: Embedder) -> None:
    drawings = [drawn(seed, (200, 200)) for seed in range(4)]
    contents = [Content(picture=encoded(each)) for each in drawings]
    saved_again = [Content(picture=encoded(each, "JPEG", quality=90)) for each in drawings]

    vectors = resnet.embed(contents + saved_again).vectors

    centred = vectors - vectors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    alike = unit[:4] @ unit[4:].T
    assert (alike.argmax(axis=1) == np.arange(4)).all()
    assert np.diag(alike).min() > 0.8


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_neither_precision_nor_batch_size_changes_much(precision: str, resnet: Embedder) -> None:
    options = EmbedderOptions(precision=precision, batch_size=3)
    contents = pictures(8)

    embedded = make("image:resnet18:untrained", options).embed(contents)

    expected = resnet.embed(contents).vectors
    away = np.linalg.norm(embedded.vectors - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert embedded.vectors.dtype == np.float32
    assert away.max() < 0.03


def test_every_broken_row_of_a_large_batch_is_named(resnet: Embedder) -> None:
    contents = pictures(40)
    for row in (0, 13, 31, 32, 39):
        contents[row] = Content(picture=b"broken")

    embedded = resnet.embed(contents)

    assert set(embedded.problems) == {0, 13, 31, 32, 39}
    assert set(np.flatnonzero(~embedded.present).tolist()) == set(embedded.problems)
    assert all("not a JPEG, PNG, WebP or GIF" in problem for problem in embedded.problems.values())


def test_the_limits_of_the_options_hold() -> None:
    options = EmbedderOptions(max_picture_pixels=5_000)
    contents = [
        Content(picture=encoded(drawn(1, (60, 60)))),
        Content(picture=encoded(drawn(1, (99, 99)))),
    ]

    for specification in ("image:resnet18:untrained", "hash:image:64"):
        embedded = make(specification, options).embed(contents)
        assert embedded.present.tolist() == [True, False]
        assert "at most 5000" in embedded.problems[1]


@pytest.mark.parametrize(("network", "dimensions"), [("resnet34", 512), ("resnet50", 2048)])
def test_deeper_networks_can_be_chosen(network: str, dimensions: int) -> None:
    embedder = make(f"image:{network}:untrained", EmbedderOptions())

    embedded = embedder.embed(pictures(2))

    assert embedder.model == f"{network}:untrained"
    assert embedded.vectors.shape == (2, dimensions)
    assert not np.allclose(embedded.vectors[0], embedded.vectors[1], rtol=1e-3)
