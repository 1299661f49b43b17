import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend.explain import for_you_reasons, score_of
from app.recommend.interests import interest_of
from embedders.spaces import Array
from tests.app.recommend.world import LAYOUT, joined

WEIGHTS = {"text": 0.7, "image": 0.3}

parts = st.floats(-1, 1, width=32)
blocks = st.one_of(
    st.none(),
    st.lists(parts, min_size=4, max_size=4).filter(lambda block: max(map(abs, block)) > 0.01),
)
vectors = st.builds(
    lambda text, image: joined(text, None if image is None else image[:3]), blocks, blocks
)
tastes = st.lists(st.tuples(vectors, st.floats(-5, 5).filter(bool)), min_size=1, max_size=12)


def mixed(taste: list[tuple[Array, float]]) -> tuple[dict[int, float], dict[int, Array]]:
    liking = {key: weight for key, (_, weight) in enumerate(taste)}
    return liking, {key: vector for key, (vector, _) in enumerate(taste)}


@given(tastes)
def test_each_space_has_unit_length_or_nothing_in_it(taste: list[tuple[Array, float]]) -> None:
    interest = interest_of(*mixed(taste), LAYOUT)

    if interest is not None:
        lengths = [np.linalg.norm(interest.blocks[LAYOUT.slice(each)]) for each in WEIGHTS]
        assert all(length == 0 or length == pytest.approx(1, abs=1e-5) for length in lengths)
        assert any(lengths)


@given(tastes, vectors)
def test_reasons_sum_to_the_score(taste: list[tuple[Array, float]], candidate: Array) -> None:
    interest = interest_of(*mixed(taste), LAYOUT)

    if interest is not None:
        names = {key: f"item-{key}" for key in interest.keys}
        reasons = for_you_reasons(interest, names, WEIGHTS, candidate, predicted=(), layout=LAYOUT)
        score = float(LAYOUT.query(interest.blocks, WEIGHTS) @ candidate)
        assert score_of(reasons) == pytest.approx(score, abs=1e-5)


# By powers of two a product is exact, so what just cancels out does so in every unit.
@given(tastes, st.integers(0, 90))
def test_the_unit_of_liking_does_not_matter(taste: list[tuple[Array, float]], power: int) -> None:
    unit = 2.0**power
    liking, evidence = mixed(taste)

    one = interest_of(liking, evidence, LAYOUT)
    other = interest_of({key: each * unit for key, each in liking.items()}, evidence, LAYOUT)

    assert (one is None) == (other is None)
    if one is not None and other is not None:
        np.testing.assert_allclose(one.blocks, other.blocks, atol=1e-4)


def test_nothing_is_known_of_items_without_vectors() -> None:
    assert interest_of({1: 3.0}, {}, LAYOUT) is None
    assert interest_of({}, {1: joined([1, 0, 0, 0], None)}, LAYOUT) is None


def test_evidence_that_cancels_out_is_no_interest() -> None:
    same = joined([1, 0, 0, 0], None)

    assert interest_of({1: 3.0, 2: -3.0}, {1: same, 2: same}, LAYOUT) is None


def test_dislikes_alone_are_no_interest() -> None:
    assert interest_of({1: -3.0}, {1: joined([1, 0, 0, 0], None)}, LAYOUT) is None


def test_a_space_in_which_only_dislikes_speak_is_left_out() -> None:
    evidence = {1: joined([1, 0, 0, 0], None), 2: joined([0, 1, 0, 0], [1, 0, 0])}

    interest = interest_of({1: 3.0, 2: -1.0}, evidence, LAYOUT)

    assert interest is not None
    assert interest.blocks[LAYOUT.slice("text")] @ evidence[2][LAYOUT.slice("text")] < 0
    assert not interest.blocks[LAYOUT.slice("image")].any()


def test_a_dislike_turns_the_interest_away_from_its_item() -> None:
    liked, disliked = joined([1, 0, 0, 0], None), joined([0, 1, 0, 0], None)

    interest = interest_of({1: 3.0, 2: -1.0}, {1: liked, 2: disliked}, LAYOUT)

    assert interest is not None
    assert interest.blocks @ liked > 0 > interest.blocks @ disliked
