import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend.errors import InvalidWeights, UnknownSpace
from app.recommend.weights import scaled_weights

DEFAULTS = {"text": 0.6, "image": 0.4}
BOTH = ["text", "image"]


def test_without_a_wish_the_defaults_hold() -> None:
    assert scaled_weights({}, DEFAULTS, BOTH) == pytest.approx(DEFAULTS)


def test_a_space_that_a_wish_leaves_out_weighs_nothing() -> None:
    assert scaled_weights({"image": 3.0}, DEFAULTS, BOTH) == {"text": 0.0, "image": 1.0}


def test_defaults_are_scaled_over_the_spaces_that_are_there() -> None:
    assert scaled_weights({}, DEFAULTS, ["text"]) == {"text": 1.0}


def test_spaces_that_no_default_names_weigh_the_same() -> None:
    assert scaled_weights({}, DEFAULTS, ["sound", "style"]) == {"sound": 0.5, "style": 0.5}


@given(
    st.dictionaries(
        st.sampled_from(BOTH), st.floats(0, allow_infinity=False, allow_nan=False), min_size=1
    ).filter(lambda wanted: any(wanted.values()))
)
def test_weights_sum_to_one(wanted: dict[str, float]) -> None:
    weights = scaled_weights(wanted, DEFAULTS, BOTH)

    assert math.fsum(weights.values()) == pytest.approx(1.0)
    assert set(weights) == set(BOTH)


def test_an_unknown_space_is_refused_by_name() -> None:
    with pytest.raises(UnknownSpace, match=r"'smell'.*text, image"):
        scaled_weights({"smell": 1.0}, DEFAULTS, BOTH)


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf])
def test_a_weight_that_is_no_amount_is_refused(weight: float) -> None:
    with pytest.raises(InvalidWeights, match="'text' must be a number of 0 or more"):
        scaled_weights({"text": weight}, DEFAULTS, BOTH)


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(InvalidWeights, match="all 0"):
        scaled_weights({"text": 0.0}, DEFAULTS, BOTH)


def test_behaviour_weighs_nothing_until_it_is_there() -> None:
    wanted = {"behaviour": 5.0, "text": 3.0, "image": 1.0}

    assert scaled_weights(wanted, DEFAULTS, BOTH) == {"text": 0.75, "image": 0.25}


def test_behaviour_alone_leaves_the_defaults_until_it_is_there() -> None:
    assert scaled_weights({"behaviour": 1.0}, DEFAULTS, BOTH) == pytest.approx(DEFAULTS)
    assert scaled_weights({"behaviour": 1.0}, DEFAULTS, [*BOTH, "behaviour"])["behaviour"] == 1.0
