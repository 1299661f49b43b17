import numpy as np
import pytest

from embedders.factory import EmbedderOptions, make
from embedders.items import Content
from embedders.spaces import Array, Embedder
from embedders.text_weights import DEFAULT_SHA256


@pytest.fixture(scope="module")
def exact() -> Embedder:
    return make("text:all-MiniLM-L6-v2", EmbedderOptions(precision="float32"))


def embed(embedder: Embedder, *titles: str) -> Array:
    return embedder.embed([Content(title) for title in titles]).vectors


def test_texts_that_mean_the_same_are_near_without_sharing_a_word(minilm: Embedder) -> None:
    sofa, couch, drill = embed(minilm, "a comfortable sofa", "cosy couch", "cordless power drill")

    assert sofa @ couch > 0.5
    assert sofa @ drill < 0.3


def test_the_default_model_is_named_with_the_checksum_of_its_weights(minilm: Embedder) -> None:
    assert minilm.model == f"all-MiniLM-L6-v2@{DEFAULT_SHA256[:12]}"
    assert minilm.training == "trained"
    assert minilm.space.dimensions == 384


def test_title_description_and_categories_all_count(minilm: Embedder) -> None:
    contents = [
        Content("Aurora"),
        Content("Aurora", "A reading lamp with a bright, warm light"),
        Content("Aurora", None, ("Home", "Lamps")),
        Content("a lamp"),
    ]

    bare, described, categorised, lamp = minilm.embed(contents).vectors

    assert described @ lamp > bare @ lamp + 0.1
    assert categorised @ lamp > bare @ lamp + 0.1


def test_a_long_text_is_cut_at_the_models_own_length(exact: Embedder) -> None:
    words = "a warm lamp for long evenings " * 60
    cut = embed(exact, words, words + "and a drill", "a warm lamp for long evenings")

    assert np.allclose(cut[0], cut[1], atol=1e-5)
    assert not np.allclose(cut[0], cut[2], atol=1e-2)


def test_the_company_of_longer_texts_changes_a_vector_by_rounding_only(exact: Embedder) -> None:
    alone = embed(exact, "red shoes")[0]

    beside = embed(exact, "red shoes", "a warm lamp for long evenings " * 30)[0]

    assert np.abs(alone - beside).max() < 1e-5


def test_bfloat16_changes_vectors_by_little(exact: Embedder) -> None:
    narrow = make("text:all-MiniLM-L6-v2", EmbedderOptions(precision="bfloat16"))
    titles = ["red shoes", "oak table", "a comfortable sofa", "Überraschung für 5 €"]

    likeness = (embed(narrow, *titles) * embed(exact, *titles)).sum(axis=1)

    assert narrow.model == exact.model
    assert likeness.min() > 0.999


@pytest.mark.parametrize("title", ["\0", "\u200b", "x" * 50_000, "🛋️" * 500, "\ud800", "[SEP]" * 9])
def test_odd_texts_have_finite_vectors(minilm: Embedder, title: str) -> None:
    embedded = minilm.embed([Content(title)])

    assert embedded.present.tolist() == [True]
    assert np.isfinite(embedded.vectors).all()
    assert embedded.problems == {}
