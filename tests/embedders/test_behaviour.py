import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedders.behaviour import BehaviourModel, reasons, summed, unit
from embedders.decays import Decays
from embedders.errors import LayoutMismatch
from embedders.spaces import Array

D, C = 4, 3


def drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def model(seed: int = 0, context: int = 50) -> BehaviourModel:
    decays = Decays(
        np.array([1.0, 0.1, 0.0], dtype=np.float32),
        np.array([0.0, 0.0, 0.5], dtype=np.float32),
        np.abs(drawn(seed, 3, D)),
    )
    return BehaviourModel(drawn(seed + 1, C, D), drawn(seed + 2, C, D), decays, context)


def test_a_coefficient_is_the_weight_times_the_mix_of_what_decays_leave() -> None:
    decays = Decays(
        np.array([math.log(2), 0.0], dtype=np.float32),
        np.array([0.0, math.log(2)], dtype=np.float32),
        np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32),
    )

    found = decays.coefficients(
        np.array([3.0, 1.0, -2.0], dtype=np.float32), np.array([2.0, 1.0, -5.0])
    )

    # The oldest has two later interactions and is two days old; the newest lies in the future.
    assert found == pytest.approx(np.array([[0.75, 0.75], [0.5, 0.5], [-2.0, -2.0]]), rel=1e-6)


def test_rates_and_mix_have_the_same_number_of_decays() -> None:
    with pytest.raises(LayoutMismatch, match="as many rates"):
        Decays(np.ones(2, dtype=np.float32), np.ones(3, dtype=np.float32), drawn(0, 3, D))


pasts = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 12))


@given(past=pasts)
def test_a_persons_block_is_the_sum_over_what_they_did_and_reasons_add_up_to_the_score(
    past: tuple[int, int],
) -> None:
    seed, length = past
    evidence, candidate = drawn(seed, length, D), unit(drawn(seed + 1, 1, D))[0]
    days = np.sort(np.abs(drawn(seed + 2, length)).astype(np.float64))[::-1]

    coefficients = model().coefficients(evidence, np.ones(length, dtype=np.float32), days)

    block = summed(coefficients, evidence)
    assert np.linalg.norm(block) == pytest.approx(1.0, abs=1e-5)
    parts = reasons(coefficients, evidence, candidate)
    assert parts.shape == (length,)
    assert parts.sum() == pytest.approx(float(block @ candidate), abs=1e-5)


@given(past=pasts, factor=st.floats(0.125, 8, width=32))
def test_the_unit_of_evidence_does_not_matter(past: tuple[int, int], factor: float) -> None:
    seed, length = past
    evidence, days = drawn(seed, length, D), np.zeros(length)
    weights = np.abs(drawn(seed + 1, length)) + np.float32(0.1)

    once = model().coefficients(evidence, weights, days)
    scaled = model().coefficients(evidence, (weights * factor).astype(np.float32), days)

    assert scaled == pytest.approx(once, rel=1e-3, abs=1e-4)


def test_what_lies_beyond_the_context_says_nothing() -> None:
    evidence, weights = drawn(0, 5, D), np.ones(5, dtype=np.float32)

    found = model(context=2).coefficients(evidence, weights, np.zeros(5))

    assert not found[:3].any()
    assert found[3:].any()


def test_a_past_that_cancels_out_or_is_empty_points_nowhere() -> None:
    evidence = np.zeros((3, D), dtype=np.float32)

    nothing = model().coefficients(evidence, np.ones(3, dtype=np.float32), np.zeros(3))
    empty = model().coefficients(evidence[:0], np.ones(0, dtype=np.float32), np.zeros(0))

    assert not nothing.any()
    assert empty.shape == (0, D)
    assert not summed(empty, evidence[:0]).any()


def test_an_untouched_item_has_both_vectors_from_its_content() -> None:
    content = np.concatenate([drawn(5, 2, C), np.zeros((1, C), dtype=np.float32)])

    candidates, evidence = model().candidates(content), model().evidence(content)

    assert np.linalg.norm(candidates, axis=1) == pytest.approx([1.0, 1.0, 0.0], abs=1e-6)
    assert evidence[:2] == pytest.approx(content[:2] @ model().evidence_map)
    assert not evidence[2].any()


def test_a_model_survives_being_written_and_read() -> None:
    written = model(seed=3, context=7)

    read = BehaviourModel.from_bytes(written.to_bytes())

    assert read.context == 7
    assert np.array_equal(read.candidate_map, written.candidate_map)
    assert np.array_equal(read.evidence_map, written.evidence_map)
    for name in ("per_interaction", "per_day", "mix"):
        assert np.array_equal(getattr(read.decays, name), getattr(written.decays, name))
    assert read.to_bytes() == written.to_bytes()


def test_predicted_candidates_have_the_length_the_model_says_also_once_it_was_read() -> None:
    longer = replace(model(), length=1.25)
    content = np.concatenate([drawn(5, 3, C), np.zeros((1, C), dtype=np.float32)])

    found = BehaviourModel.from_bytes(longer.to_bytes()).candidates(content)

    assert np.linalg.norm(found, axis=1) == pytest.approx([1.25, 1.25, 1.25, 0.0], rel=1e-6)
    assert found == pytest.approx(1.25 * model().candidates(content), rel=1e-6)


def test_a_model_that_was_kept_before_there_was_a_length_has_length_1() -> None:
    # Spaces keep the header as long as it was.
    older = replace(model(), length=1.5).to_bytes()
    said = rb", \"length\": 1.5"
    assert older.count(said) == 1

    read = BehaviourModel.from_bytes(older.replace(said, b" " * len(said)))

    assert read.length == 1.0


@pytest.mark.parametrize("data", [b"", b"no model", model().to_bytes()[:-1]])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(LayoutMismatch, match="not a behaviour model"):
        BehaviourModel.from_bytes(data)


def test_another_format_is_refused() -> None:
    other = model().to_bytes().replace(b"kindred.behaviour/1", b"kindred.behaviour/9")

    with pytest.raises(LayoutMismatch, match=r"behaviour/9"):
        BehaviourModel.from_bytes(other)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(LayoutMismatch, match="maps from"):
        BehaviourModel(drawn(0, C, D), drawn(0, C + 1, D), model().decays, 5)
    with pytest.raises(LayoutMismatch, match="numbers an item"):
        model().candidates(drawn(0, 2, C + 1))
    with pytest.raises(LayoutMismatch, match="as much evidence"):
        summed(drawn(0, 2, D), drawn(0, 3, D))


def test_what_was_done_at_one_moment_has_no_order() -> None:
    ones = np.ones(5, dtype=np.float32)
    days = np.array([3.0, 2.0, 2.0, 2.0, 1.0])

    found = model().decays.coefficients(ones, days)

    assert np.array_equal(found[1], found[2])
    assert np.array_equal(found[1], found[3])
    # One interaction came after them, as one came after the newest of a past of two.
    alone = model().decays.coefficients(ones[:2], days[3:])
    assert np.array_equal(found[1], alone[0])
