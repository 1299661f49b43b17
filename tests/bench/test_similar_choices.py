"""Predicted parts of other lengths, the rules by which defaults are chosen, kept vectors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.similar.cache import Cache
from bench.similar.catalogue import WITHOUT_PICTURE, Catalogue, read
from bench.similar.centring import Centring, Centrings, best_prior
from bench.similar.missing import Fate, fairest, fates
from bench.similar.nearest import Alike
from bench.similar.vectors import Vectors, see
from bench.similar.weighting import Weighting, best, split
from embedders.hashing import HashEmbedder
from embedders.items import Content
from embedders.layout import PREDICTED_NORM
from embedders.spaces import Embedded


class CountingEmbedder(HashEmbedder):
    """A hash embedder that counts what it is given."""

    embedded = 0

    def embed(self, contents: Sequence[Content]) -> Embedded:
        self.embedded += len(contents)
        return super().embed(contents)


@pytest.fixture(scope="module")
def held(shop: Path) -> Catalogue:
    return read(shop, "b")


@pytest.fixture(scope="module")
def seen(held: Catalogue) -> Vectors:
    return see(held, HashEmbedder("text", 64), HashEmbedder("image", 48), Cache(None), {})


def test_a_catalogue_of_limited_size_is_a_part_of_the_whole_in_the_same_order(
    shop: Path, held: Catalogue
) -> None:
    some = read(shop, "b", 20)

    assert len(some) == 20
    assert [product for product in held.products if product in some.products] == list(some.products)


def test_about_a_fifth_lacks_its_picture_and_always_the_same_fifth(
    shop: Path, held: Catalogue
) -> None:
    absent = held.without_picture()

    assert abs(absent.mean() - WITHOUT_PICTURE) < 0.12
    assert (absent == read(shop, "b").without_picture()).all()


def test_candidates_of_the_products_own_length_are_the_products_own_candidates(
    seen: Vectors, held: Catalogue
) -> None:
    some_absent = seen.without(held.without_picture())

    candidates = some_absent.candidates(PREDICTED_NORM)

    own = some_absent.geometry().candidates(some_absent.raw)
    assert np.allclose(candidates, own, atol=1e-6)


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0])
def test_only_predicted_blocks_change_their_length(
    seen: Vectors, held: Catalogue, scale: float
) -> None:
    absent = held.without_picture()
    some_absent = seen.without(absent)

    candidates = some_absent.candidates(scale)

    where = seen.layout.slice("image")
    assert np.allclose(np.linalg.norm(candidates[absent, where], axis=1), scale, atol=1e-5)
    evidence = some_absent.geometry().evidence(some_absent.raw)
    assert np.array_equal(candidates[~absent], evidence[~absent])


def test_longer_predicted_parts_take_more_places(seen: Vectors, held: Catalogue) -> None:
    measured = fates(held, seen, split(0.4), (0.0, 0.5, 1.0))

    places = [fate.beside_pictures for fate in measured]
    assert places == sorted(places)
    assert places[0] < places[-1]


def test_the_fairest_length_gives_items_their_share_of_places() -> None:
    def fate(scale: float, places: float) -> Fate:
        return Fate(scale, 0.2, places, places, all=0.5, own=0.5, taken=0.5)

    assert fairest([fate(0.7, 0.11), fate(0.8, 0.19), fate(1.0, 0.4)]).scale == 0.8


def test_of_weightings_as_good_at_the_type_the_one_best_at_both_is_chosen() -> None:
    measured = [
        Weighting(0.2, Alike(0.80, 0.3, 0.30)),
        Weighting(0.4, Alike(0.798, 0.4, 0.35)),
        Weighting(0.6, Alike(0.75, 0.5, 0.40)),
    ]

    assert best(measured).image == 0.4


def test_a_prior_counts_as_no_more_items_than_help() -> None:
    def centring(items: int, mix: float) -> Centring:
        return Centring(items, prior=True, of_size={20: {"text": 0.1, "image": 0.1, "mix": mix}})

    few = [centring(items, mix) for items, mix in ((0, 0.70), (20, 0.72), (50, 0.748), (200, 0.75))]

    assert best_prior(Centrings(few, {}, {}, {}, kinds=())) == 50


def test_kept_vectors_are_those_the_embedder_gave_and_nothing_is_embedded_twice(
    tmp_path: Path, held: Catalogue
) -> None:
    first, second = CountingEmbedder("image", 48), CountingEmbedder("image", 48)
    contents = [*held.contents, Content(title="no picture"), Content(picture=b"broken")]

    fresh = Cache(tmp_path).embed(first, contents)
    again = Cache(tmp_path).embed(second, contents)

    plain = HashEmbedder("image", 48).embed(contents)
    for embedded in (fresh, again):
        assert np.array_equal(embedded.vectors, plain.vectors)
        assert np.array_equal(embedded.present, plain.present)
        assert embedded.problems == plain.problems
    distinct = {content.picture for content in contents} - {None}
    assert first.embedded == len(distinct)
    assert second.embedded == 1  # the broken one: problems are not kept
