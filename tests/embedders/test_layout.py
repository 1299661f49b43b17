import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedders.errors import LayoutMismatch
from embedders.layout import Layout, joined
from embedders.spaces import Array, Space

NAMES = ("text", "image", "behaviour", "sound")

layouts = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(
    lambda lengths: Layout(
        tuple(Space(name, length) for name, length in zip(NAMES, lengths, strict=False))
    )
)
weights = st.dictionaries(st.sampled_from(NAMES), st.floats(0, 8, width=32))
seeds = st.integers(0, 2**32 - 1)


def vectors(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@given(layout=layouts)
def test_the_spaces_of_a_layout_cover_it_in_order_without_a_gap(layout: Layout) -> None:
    slices = [layout.slice(space.name) for space in layout.spaces]

    assert [part.stop - part.start for part in slices] == [s.dimensions for s in layout.spaces]
    assert [part.start for part in slices] == [0, *(part.stop for part in slices[:-1])]
    assert slices[-1].stop == layout.dimensions


def test_an_unknown_space_has_no_place() -> None:
    layout = Layout((Space("text", 3),))

    with pytest.raises(KeyError, match="image"):
        layout.slice("image")


def test_two_spaces_of_one_name_are_refused() -> None:
    with pytest.raises(LayoutMismatch, match="different names"):
        Layout((Space("text", 3), Space("text", 4)))


@given(layout=layouts, worth=weights, seed=seeds)
def test_a_query_is_the_weighted_blocks_side_by_side(
    layout: Layout, worth: dict[str, float], seed: int
) -> None:
    parts = [vectors(seed + place, 3, s.dimensions) for place, s in enumerate(layout.spaces)]
    blocks = joined(parts)

    queries = layout.query(blocks, worth)

    weighed = [
        np.float32(worth.get(space.name, 0.0)) * part
        for space, part in zip(layout.spaces, parts, strict=True)
    ]
    assert queries.dtype == np.float32
    assert np.array_equal(queries, joined(weighed))
    assert np.array_equal(layout.query(blocks[1], worth), queries[1])


@given(layout=layouts, worth=weights, seed=seeds)
def test_the_score_is_the_sum_of_its_parts_and_each_part_its_weight_times_a_likeness(
    layout: Layout, worth: dict[str, float], seed: int
) -> None:
    blocks, candidate = vectors(seed, 2, layout.dimensions)
    query = layout.query(blocks, worth)

    parts = layout.split(query, candidate)

    score = float(query.astype(np.float64) @ candidate.astype(np.float64))
    assert math.isclose(sum(parts.values()), score, rel_tol=1e-9, abs_tol=1e-9)
    for space in layout.spaces:
        where = layout.slice(space.name)
        likeness = float(blocks[where] @ candidate[where])
        expected = worth.get(space.name, 0.0) * likeness
        assert math.isclose(parts[space.name], expected, rel_tol=1e-4, abs_tol=1e-4)


def test_a_weight_for_a_space_the_layout_lacks_adds_nothing() -> None:
    layout = Layout((Space("text", 3),))

    query = layout.query(vectors(1, 3), {"text": 1.0, "image": 5.0})

    assert np.array_equal(query, vectors(1, 3))


def test_vectors_of_another_length_are_refused() -> None:
    layout = Layout((Space("text", 3),))

    with pytest.raises(LayoutMismatch, match="3 long"):
        layout.query(vectors(1, 4), {"text": 1.0})
    with pytest.raises(LayoutMismatch, match="3 long"):
        layout.split(vectors(1, 3), vectors(1, 2))


def test_weighing_leaves_the_blocks_as_they_were() -> None:
    layout = Layout((Space("text", 3),))
    blocks = vectors(1, 3)
    before = blocks.copy()

    layout.query(blocks, {"text": 2.0})

    assert np.array_equal(blocks, before)
