from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedders.behaviour import BehaviourModel
from embedders.decays import Decays
from embedders.errors import LayoutMismatch
from embedders.fitting import prior_geometry
from embedders.joining import Joining, Learnt, translated
from embedders.layout import Layout, RawBatch
from embedders.spaces import Array, Mask, Space

CONTENT = Layout((Space("text", 3), Space("image", 2)))
GEOMETRY = prior_geometry(CONTENT, {})
D = 4


def drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def model(width: int = CONTENT.dimensions) -> BehaviourModel:
    one = np.ones(1, dtype=np.float32)
    decays = Decays(one, one, np.ones((1, D), dtype=np.float32))
    return BehaviourModel(drawn(1, width, D), drawn(2, width, D), decays, 10)


def raw(items: int, *, pictured: bool = True) -> RawBatch:
    image = np.full(items, pictured)
    return RawBatch(
        {"text": drawn(3, items, 3), "image": drawn(4, items, 2) * image[:, None]},
        {"text": np.ones(items, dtype=np.bool_), "image": image},
    )


def learnt(known: Mask) -> Learnt:
    shown = drawn(5, len(known), D)
    shown /= np.linalg.norm(shown, axis=1, keepdims=True)
    return Learnt(shown * known[:, None], drawn(6, len(known), D) * known[:, None], known)


def test_the_behaviour_block_comes_last_and_content_is_as_the_geometry_has_it() -> None:
    joining = Joining(GEOMETRY, model())

    made = joining.join(raw(2), learnt(np.array([True, True])))

    assert [each.name for each in joining.layout.spaces] == ["text", "image", "behaviour"]
    assert np.array_equal(made.candidates[:, :5], GEOMETRY.candidates(raw(2)))
    assert np.array_equal(made.evidence[:, :5], GEOMETRY.evidence(raw(2)))


def test_what_was_learned_of_an_item_is_its_block_and_others_have_theirs_from_content() -> None:
    joining, some = Joining(GEOMETRY, model()), learnt(np.array([True, False]))

    made = joining.join(raw(2), some)

    content = GEOMETRY.evidence(raw(2))
    assert np.array_equal(made.candidates[0, 5:], some.candidates[0])
    assert np.array_equal(made.evidence[0, 5:], some.evidence[0])
    assert made.candidates[1, 5:] == pytest.approx(model().candidates(content)[1])
    assert made.evidence[1, 5:] == pytest.approx(model().evidence(content)[1])
    assert made.known.tolist() == [True, False]


def test_an_item_without_any_content_has_what_was_learned_of_it() -> None:
    nothing = RawBatch(
        {"text": np.zeros((1, 3), dtype=np.float32), "image": np.zeros((1, 2), dtype=np.float32)},
        {"text": np.zeros(1, dtype=np.bool_), "image": np.zeros(1, dtype=np.bool_)},
    )

    learned = Joining(GEOMETRY, model()).join(nothing, learnt(np.array([True])))
    unknown = Joining(GEOMETRY, model()).join(nothing)

    assert not learned.candidates[0, :5].any()
    assert learned.candidates[0, 5:].any()
    assert not unknown.candidates.any()


def test_without_a_model_vectors_are_those_of_the_geometry() -> None:
    made = Joining(GEOMETRY).join(raw(3, pictured=False))

    assert np.array_equal(made.candidates, GEOMETRY.candidates(raw(3, pictured=False)))
    assert not made.known.any()


def test_words_and_pictures_say_nothing_in_behaviour() -> None:
    asked = Joining(GEOMETRY, model()).asked(raw(2))

    assert np.array_equal(asked[:, :5], GEOMETRY.evidence(raw(2)))
    assert asked.shape == (2, 9)
    assert not asked[:, 5:].any()


def test_a_model_of_other_content_is_refused() -> None:
    with pytest.raises(LayoutMismatch, match="7 long does not fit a geometry 5 long"):
        Joining(GEOMETRY, model(7))


@given(seed=st.integers(0, 2**32 - 1))
def test_maps_carried_over_give_what_they_gave_wherever_content_only_moved(seed: int) -> None:
    held, before = model(), drawn(seed, 40, CONTENT.dimensions)
    turn = np.linalg.qr(drawn(7, CONTENT.dimensions, CONTENT.dimensions))[0].astype(np.float32)
    after = before @ turn

    carried = translated(held, before, after)

    assert carried.candidates(after) == pytest.approx(held.candidates(before), abs=0.02)
    assert carried.evidence(after) == pytest.approx(held.evidence(before), abs=0.05)
    assert carried.decays is held.decays


def test_maps_carried_over_take_content_of_another_length() -> None:
    before = drawn(8, 200, CONTENT.dimensions)
    after = np.concatenate([before, drawn(9, 200, 3)], axis=1)

    carried = translated(replace(model(), length=1.2), before, after)

    assert carried.candidate_map.shape == (8, D)
    alike = (carried.candidates(after) * model().candidates(before)).sum(axis=1)
    assert alike.min() > 0.99 * 1.2
    assert carried.length == 1.2
