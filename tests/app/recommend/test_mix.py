import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend.mix import Mix, Voice, mixed, unmixed
from app.recommend.relevance import Aspect, Part, Question, total
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
weights = st.floats(0.01, 5)
tastes = st.lists(st.tuples(vectors, weights), min_size=1, max_size=12)


def mix_of(taste: list[tuple[Array, float]], *, unit: float = 1.0) -> Mix | None:
    voices = [
        Voice("item", f"item-{number}", weight * unit, vector)
        for number, (vector, weight) in enumerate(taste)
    ]
    return mixed(voices, LAYOUT)


def question(*mixes: Mix) -> Question:
    aspects = tuple(Aspect(None, 1.0, (Part(mix, 1.0),)) for mix in mixes)
    return Question(LAYOUT, WEIGHTS, aspects)


@given(tastes)
def test_each_space_has_unit_length_or_nothing_in_it(taste: list[tuple[Array, float]]) -> None:
    mix = mix_of(taste)

    if mix is not None:
        lengths = [np.linalg.norm(mix.blocks[LAYOUT.slice(each)]) for each in WEIGHTS]
        assert all(length == 0 or length == pytest.approx(1, abs=1e-5) for length in lengths)
        assert any(lengths)


@given(tastes, vectors)
def test_reasons_sum_to_the_score(taste: list[tuple[Array, float]], candidate: Array) -> None:
    mix = mix_of(taste)

    if mix is not None:
        asked = question(mix)
        scores, best = asked.scores(candidate[np.newaxis, :])
        reasons = asked.reasons(candidate, int(best[0]), ())
        assert total(reasons) == pytest.approx(float(scores[0]), abs=1e-5)


# By powers of two a product is exact, so what just cancels out does so in every unit.
@given(tastes, st.integers(0, 90))
def test_the_unit_of_liking_does_not_matter(taste: list[tuple[Array, float]], power: int) -> None:
    one, other = mix_of(taste), mix_of(taste, unit=2.0**power)

    assert (one is None) == (other is None)
    if one is not None and other is not None:
        np.testing.assert_allclose(one.blocks, other.blocks, atol=1e-4)


def test_voices_without_a_vector_or_that_cancel_out_say_nothing() -> None:
    one, opposite = joined([1, 0, 0, 0], None), joined([-1, 0, 0, 0], None)

    assert mixed([], LAYOUT) is None
    assert mix_of([(joined(None, None), 3.0)]) is None
    assert mix_of([(one, 3.0), (opposite, 3.0)]) is None


def test_a_single_vector_can_be_asked_with_as_it_is() -> None:
    shorter = joined([1, 0, 0, 0], [1, 0, 0])
    shorter[LAYOUT.slice("image")] *= 0.85

    mix = unmixed(Voice("item", "guessed", 1.0, shorter), LAYOUT)

    assert mix is not None
    np.testing.assert_array_equal(mix.blocks, shorter)
