"""What is tried is what is written."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tuning.dimension import Dimension, duration_text
from app.values import duration

HALF_LIFE = Dimension("interest_half_life", 3_600, 86_400_000, 2_592_000, log=True, duration=True)
SHARE = Dimension("session_share", 0, 0.95, 0.5)
COUNT = Dimension("interests", 1, 20, 5, log=True, whole=True)
WEIGHT = Dimension("kind_weights.view", 0.1, 50, 1.2345, log=True)

dimensions = st.sampled_from([HALF_LIFE, SHARE, COUNT, WEIGHT])


@given(dimensions, st.floats(0, 1))
def test_a_value_is_within_bounds_and_written_without_loss(
    dimension: Dimension, share: float
) -> None:
    drawn = dimension.low + share * (dimension.high - dimension.low)

    value = dimension.value(drawn)

    assert dimension.low <= value <= dimension.high
    assert dimension.value(value) == value
    text = dimension.text(value)
    read = duration(text) if dimension.duration else float(text)
    expected = timedelta(seconds=value) if dimension.duration else value
    assert read == expected


@given(dimensions)
def test_what_holds_now_is_not_rounded(dimension: Dimension) -> None:
    assert dimension.value(dimension.default) == dimension.default


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2_592_000, "30d"), (1_800, "30m"), (60, "60s"), (5_400, "90m"), (198_720, "2.3d")],
)
def test_durations_are_written_in_a_unit_people_use(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
