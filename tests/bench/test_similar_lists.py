"""Finding the nearest, and saying how alike they are."""

import numpy as np
import pytest

from bench.bundled_resnet.data import Product
from bench.similar.catalogue import Catalogue
from bench.similar.nearest import PLACES, Lists, alike, ceiling, chance, nearest
from embedders.items import Content
from embedders.spaces import Array


def catalogue(*labels: tuple[str, str]) -> Catalogue:
    products = tuple(
        Product(str(number), (kind, colour, "NA", "NA", "NA"))
        for number, (kind, colour) in enumerate(labels)
    )
    return Catalogue(products, tuple(Content(title=kind) for kind, _ in labels))


def some_vectors(count: int, seed: int) -> Array:
    chance_of = np.random.default_rng(seed)
    return chance_of.integers(-2, 3, (count, 4)).astype(np.float32)  # so few values that many tie


@pytest.mark.parametrize("count", [2, 7, 11, 600])
def test_the_nearest_are_those_a_full_sort_puts_first_and_ties_keep_their_order(count: int) -> None:
    queries, candidates = some_vectors(count, 1), some_vectors(count, 2)

    lists = nearest(queries, candidates)

    scores = queries @ candidates.T
    for question in range(count):
        others = [row for row in range(count) if row != question]
        wanted = sorted(others, key=lambda row: (-scores[question, row], row))[:PLACES]
        assert [row for row in lists.found[question] if row >= 0] == wanted


def test_no_item_is_in_its_own_list() -> None:
    vectors = np.ones((40, 4), dtype=np.float32)

    lists = nearest(vectors, vectors, np.array([3, 17]))

    assert all(question not in found for question, found in zip([3, 17], lists.found, strict=True))


def test_places_left_empty_count_as_unlike() -> None:
    held = catalogue(("Mug", "Red"), ("Mug", "Red"), ("Mug", "Blue"))
    vectors = np.ones((3, 4), dtype=np.float32)

    shares = alike(nearest(vectors, vectors), held)

    assert shares.type == pytest.approx(2 / PLACES)
    assert shares.colour == pytest.approx(2 / PLACES / 3)


def test_both_asks_for_type_and_colour_of_the_same_item() -> None:
    held = catalogue(("Mug", "Red"), ("Mug", "Blue"), ("Lamp", "Red"))
    found = np.full((1, PLACES), -1)
    found[0, :2] = [1, 2]

    shares = alike(Lists(np.array([0]), found, np.zeros((1, PLACES), dtype=np.float32)), held)

    assert (shares.type, shares.colour, shares.both) == (1 / PLACES, 1 / PLACES, 0)


def test_unknown_colours_are_like_nothing_not_even_each_other() -> None:
    held = catalogue(*[("Mug", "NA")] * 12)
    vectors = np.ones((12, 4), dtype=np.float32)

    shares = alike(nearest(vectors, vectors), held)

    assert (shares.type, shares.colour, shares.both) == (1, 0, 0)


def test_chance_is_what_random_lists_come_to() -> None:
    held = catalogue(*[("Mug", "Red"), ("Mug", "Blue"), ("Lamp", "Red")] * 20)
    dice = np.random.default_rng(5)

    noise = [dice.normal(size=(60, 4)).astype(np.float32) for _ in range(60)]
    drawn = [alike(nearest(vectors, vectors), held).type for vectors in noise]

    assert np.mean(drawn) == pytest.approx(chance(held).type, abs=0.02)


def test_perfect_lists_of_rare_kinds_are_not_full() -> None:
    held = catalogue(*[("Mug", "Red")] * 5, *[("Lamp", "Blue")] * 11)

    perfect = ceiling(held)

    assert perfect.type == pytest.approx((5 * 0.4 + 11 * 1.0) / 16)
