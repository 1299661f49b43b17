import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from embedders.errors import LayoutMismatch
from embedders.fitting import PRIOR_ITEMS, fit, prior_geometry
from embedders.layout import PREDICTED_NORM, Geometry, Layout, RawBatch
from embedders.ridge import MAP_ITEMS
from embedders.spaces import Array, Mask, Space
from tests.embedders.test_layout import layouts, seeds, vectors

THREE = Layout((Space("text", 5), Space("image", 4), Space("behaviour", 3)))


def batch(layout: Layout, items: int, seed: int, *, missing: float = 0.3) -> RawBatch:
    """Random items, some of whose parts are missing."""
    rng = np.random.default_rng(seed)
    raw: dict[str, Array] = {}
    present: dict[str, Mask] = {}
    for space in layout.spaces:
        scale, offset = rng.uniform(0.01, 100), rng.normal(size=space.dimensions)
        mask = rng.random(items) >= missing
        drawn = scale * (rng.normal(size=(items, space.dimensions)) + offset)
        raw[space.name] = np.where(mask[:, np.newaxis], drawn, 0).astype(np.float32)
        present[space.name] = mask
    return RawBatch(raw, present)


def part(raw: RawBatch, rows: slice) -> RawBatch:
    return RawBatch(
        {name: held[rows] for name, held in raw.vectors.items()},
        {name: held[rows] for name, held in raw.present.items()},
    )


def fitted(layout: Layout, raw: RawBatch) -> Geometry:
    return fit(layout, lambda: [raw], {})


def lengths(layout: Layout, rows: Array, space: str) -> Array:
    return np.asarray(np.linalg.norm(rows[:, layout.slice(space)], axis=1), dtype=np.float32)


@given(layout=layouts, items=st.integers(0, 90), seed=seeds)
def test_a_block_of_evidence_is_unit_or_absent_and_zero(
    layout: Layout, items: int, seed: int
) -> None:
    raw = batch(layout, items, seed)

    evidence = fitted(layout, raw).evidence(raw)

    assert evidence.shape == (items, layout.dimensions)
    assert evidence.dtype == np.float32
    for space in layout.spaces:
        expected = raw.present[space.name].astype(np.float32)
        assert np.allclose(lengths(layout, evidence, space.name), expected, atol=1e-5)


@given(layout=layouts, items=st.integers(0, 120), seed=seeds)
def test_a_candidate_is_its_evidence_with_absent_blocks_predicted_or_zero(
    layout: Layout, items: int, seed: int
) -> None:
    raw = batch(layout, items, seed)
    geometry = fitted(layout, raw)

    candidates = geometry.candidates(raw)

    evidence = geometry.evidence(raw)
    for space in layout.spaces:
        where = layout.slice(space.name)
        here = raw.present[space.name]
        assert np.array_equal(candidates[here, where], evidence[here, where])
        absent = lengths(layout, candidates[~here], space.name)
        others = np.delete(evidence[~here], where, axis=1).any(axis=1)
        predicted = others & (space.name in geometry.maps)
        assert np.allclose(absent, np.where(predicted, PREDICTED_NORM, 0), atol=1e-5)


def test_a_vector_equal_to_the_mean_says_nothing() -> None:
    layout = Layout((Space("text", 3),))
    geometry = prior_geometry(layout, {"text": np.ones(3, dtype=np.float32)})
    vectors_ = np.array([[1, 1, 1], [1, 1, 1.5]], dtype=np.float32)

    evidence = geometry.evidence(RawBatch({"text": vectors_}, {"text": np.array([True, True])}))

    assert np.allclose(evidence, [[0, 0, 0], [0, 0, 1]])


@given(
    items=st.integers(0, 300),
    seed=seeds,
    prior=st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3),
)
def test_a_mean_is_shrunk_towards_its_prior_as_if_that_were_fifty_items(
    items: int, seed: int, prior: list[float]
) -> None:
    layout = Layout((Space("text", 3), Space("image", 2)))
    raw = batch(layout, items, seed)
    priors = {"text": np.array(prior, dtype=np.float32)}

    geometry = fit(layout, lambda: [raw], priors)

    seen = raw.vectors["text"][raw.present["text"]].astype(np.float64)
    expected = (seen.sum(axis=0) + PRIOR_ITEMS * priors["text"]) / (len(seen) + PRIOR_ITEMS)
    assert np.allclose(geometry.means["text"], expected, rtol=1e-5, atol=1e-5)
    if len(seen):
        both = np.stack([seen.mean(axis=0), priors["text"].astype(np.float64)])
        slack = 1e-5 * (1 + np.abs(both).max())
        assert (geometry.means["text"] >= both.min(axis=0) - slack).all()
        assert (geometry.means["text"] <= both.max(axis=0) + slack).all()
    assert geometry.fitted_on == int((raw.present["text"] | raw.present["image"]).sum())


@given(cuts=st.lists(st.integers(0, 150), max_size=5), seed=seeds)
def test_a_fit_does_not_depend_on_how_the_stream_is_cut(cuts: list[int], seed: int) -> None:
    raw = batch(THREE, 150, seed)
    edges = [0, *sorted(cuts), 150]
    pieces = [part(raw, slice(a, b)) for a, b in itertools.pairwise(edges)]

    whole, pieced = fitted(THREE, raw), fit(THREE, lambda: iter(pieces), {})

    assert whole.fitted_on == pieced.fitted_on
    assert whole.maps.keys() == pieced.maps.keys()
    for name, mean in whole.means.items():
        assert np.allclose(mean, pieced.means[name], rtol=1e-5, atol=1e-6)
    for name, held in whole.maps.items():
        assert np.allclose(held, pieced.maps[name], rtol=1e-3, atol=1e-4)


@given(seed=seeds)
def test_a_map_finds_the_linear_relation_the_data_was_made_with(seed: int) -> None:
    layout = Layout((Space("text", 6), Space("image", 6)))
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    words = rng.normal(size=(1_200, 6))
    pictures = 7 * words @ turn + 0.5
    raw = RawBatch(
        {"text": words.astype(np.float32), "image": pictures.astype(np.float32)},
        {"text": np.full(1_200, True), "image": np.arange(1_200) < 1_000},
    )

    geometry = fitted(layout, raw)
    predicted = geometry.candidates(raw)[1_000:, layout.slice("image")] / PREDICTED_NORM

    unseen = pictures[1_000:] - geometry.means["image"]
    likeness = (predicted * unseen).sum(axis=1) / np.linalg.norm(unseen, axis=1)
    assert likeness.mean() > 0.99


def test_too_few_items_with_both_parts_give_no_map() -> None:
    layout = Layout((Space("text", 3), Space("image", 2)))
    raw = batch(layout, MAP_ITEMS, 1, missing=0.0)

    assert fitted(layout, raw).maps.keys() == {"text", "image"}
    assert fitted(layout, part(raw, slice(1, None))).maps == {}


def test_a_space_nobody_has_stays_zero_even_for_candidates() -> None:
    raw = batch(THREE, 200, 1, missing=0.0)
    raw.present["behaviour"][:] = False

    candidates = fitted(THREE, raw).candidates(raw)

    assert not candidates[:, THREE.slice("behaviour")].any()


def test_of_three_spaces_any_one_predicts_the_other_two() -> None:
    rng = np.random.default_rng(3)
    meaning = rng.normal(size=(900, 3))
    raw = RawBatch(
        {
            space.name: (meaning @ rng.normal(size=(3, space.dimensions))).astype(np.float32)
            for space in THREE.spaces
        },
        {space.name: rng.random(900) < 0.7 for space in THREE.spaces},
    )
    geometry = fitted(THREE, raw)
    whole = RawBatch(raw.vectors, {name: np.full(900, True) for name in raw.present})
    truth = geometry.evidence(whole)

    for known in THREE.spaces:
        only = {space.name: np.full(900, space == known) for space in THREE.spaces}
        candidates = geometry.candidates(RawBatch(raw.vectors, only))
        for space in THREE.spaces:
            where = THREE.slice(space.name)
            likeness = (candidates[:, where] * truth[:, where]).sum(axis=1).mean()
            assert likeness > (0.99 if space == known else 0.6)


@given(layout=layouts, items=st.integers(0, 120), seed=seeds)
def test_a_geometry_comes_back_whole_from_its_bytes(layout: Layout, items: int, seed: int) -> None:
    raw = batch(layout, items, seed)
    geometry = fitted(layout, raw)

    back = Geometry.from_bytes(geometry.to_bytes())

    assert back.layout == layout
    assert back.fitted_on == geometry.fitted_on
    assert back.to_bytes() == geometry.to_bytes()
    assert np.array_equal(back.candidates(raw), geometry.candidates(raw))


@given(data=st.binary(max_size=200))
def test_other_bytes_are_not_a_geometry(data: bytes) -> None:
    with pytest.raises(LayoutMismatch, match="not a geometry"):
        Geometry.from_bytes(data)


@pytest.mark.parametrize(
    "described",
    [
        None,
        {"kindred": "[]"},
        {"kindred": "{}"},
        {"kindred": json.dumps({"format": "another/1", "spaces": [], "fitted_on": 0})},
        {"kindred": json.dumps({"format": "kindred.geometry/1", "spaces": 3, "fitted_on": 0})},
        {
            "kindred": json.dumps(
                {"format": "kindred.geometry/1", "spaces": [["text", 4]], "fitted_on": 0}
            )
        },
    ],
)
def test_tensors_of_something_else_are_not_a_geometry(described: dict[str, str] | None) -> None:
    data = save({"mean.text": np.zeros(3, dtype=np.float32)}, described)

    with pytest.raises(LayoutMismatch):
        Geometry.from_bytes(data)


def test_before_anything_was_seen_means_are_the_priors_and_nothing_is_predicted() -> None:
    prior = vectors(1, 5)
    geometry = prior_geometry(THREE, {"text": prior})
    raw = batch(THREE, 20, 2)

    assert np.array_equal(geometry.means["text"], prior)
    assert not geometry.means["image"].any()
    assert geometry.fitted_on == 0
    assert np.array_equal(geometry.candidates(raw), geometry.evidence(raw))


def test_shapes_other_than_the_layouts_are_refused() -> None:
    layout = Layout((Space("text", 3),))
    geometry = prior_geometry(layout, {})
    masks = {"text": np.array([True, True])}

    with pytest.raises(LayoutMismatch, match="prior of text"):
        prior_geometry(layout, {"text": vectors(1, 4)})
    with pytest.raises(LayoutMismatch, match=r"\(2, 3\)"):
        geometry.evidence(RawBatch({"text": vectors(1, 2, 4)}, masks))
    with pytest.raises(LayoutMismatch, match="missing"):
        geometry.candidates(RawBatch({}, masks))
    with pytest.raises(LayoutMismatch, match="equally long"):
        geometry.evidence(
            RawBatch({"text": vectors(1, 2, 3)}, {**masks, "image": np.array([True])})
        )
    with pytest.raises(LayoutMismatch, match="no space"):
        Geometry(layout, geometry.means, {"image": vectors(1, 3, 3)}, 0)


def test_joining_leaves_raw_vectors_as_they_were() -> None:
    raw = batch(THREE, 150, 5)
    before = {name: held.copy() for name, held in raw.vectors.items()}

    fitted(THREE, raw).candidates(raw)

    assert all(np.array_equal(raw.vectors[name], held) for name, held in before.items())
