import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from embedders.hashing import HashEmbedder
from embedders.items import Content
from embedders.spaces import Array
from tests.embedders.drawings import encoded


def alike(one: Array, other: Array) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_texts_that_share_words_are_nearer_than_texts_that_do_not() -> None:
    embedder = HashEmbedder("text", 256)
    contents = [Content("red shoes"), Content("Red, leather shoes!"), Content("oak table")]

    shoes, leather_shoes, table = embedder.embed(contents).vectors

    assert alike(shoes, leather_shoes) > 0.7
    assert abs(alike(shoes, table)) < 0.3


def test_the_order_of_words_does_not_matter() -> None:
    embedder = HashEmbedder("text", 64)

    one, other = embedder.embed([Content("red shoes red"), Content("shoes red red")]).vectors

    assert np.array_equal(one, other)


def test_a_text_without_letters_is_still_a_text() -> None:
    embedded = HashEmbedder("text", 64).embed([Content("!!! ***")])

    assert embedded.present.tolist() == [True]
    assert embedded.vectors.any()


def test_pictures_of_like_colours_are_nearer_than_others() -> None:
    embedder = HashEmbedder("image", 64)
    pictures = [Image.new("RGB", (50, 40), colour) for colour in ("red", (240, 20, 10), "cyan")]

    red, reddish, cyan = embedder.embed([Content(picture=encoded(p)) for p in pictures]).vectors

    assert alike(red, reddish) > 0.95
    assert alike(red, cyan) < 0


@pytest.mark.parametrize("dimensions", [1, 7, 64, 1_000])
def test_any_length_can_be_asked_for(dimensions: int) -> None:
    embedder = HashEmbedder("text", dimensions)

    assert embedder.embed([Content("red shoes")]).vectors.shape == (1, dimensions)


def test_a_process_with_another_hash_seed_gives_the_same_vectors() -> None:
    program = (
        "from embedders.hashing import HashEmbedder; from embedders.items import Content; "
        "print(HashEmbedder('text', 16).embed([Content('red shoes')]).vectors.tobytes().hex())"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    here = HashEmbedder("text", 16).embed([Content("red shoes")]).vectors.tobytes().hex()

    assert printed == [here, here]
