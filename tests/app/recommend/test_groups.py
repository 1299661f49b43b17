import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from app.recommend.groups import grouped, middle, scaled_points
from tests.app.recommend.world import LAYOUT, joined

Points = NDArray[np.float64]


def unit(rows: Points) -> Points:
    scaled: Points = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return scaled


clouds = st.integers(1, 25).flatmap(
    lambda count: arrays(np.float64, (count, 4), elements=st.floats(-1, 1, width=32)).map(unit)
)


@given(clouds, st.floats(-1, 1))
def test_every_point_is_in_one_group(points: Points, nearness: float) -> None:
    groups = grouped(points, nearness=nearness)

    assert sorted(row for rows in groups for row in rows) == list(range(len(points)))
    assert all(list(rows) == sorted(rows) for rows in groups)


@given(clouds, st.floats(-0.9, 0.9))
def test_groups_are_farther_apart_than_the_threshold_allows(
    points: Points, nearness: float
) -> None:
    groups = grouped(points, nearness=nearness)

    cosines = points @ points.T
    for number, one in enumerate(groups):
        for other in groups[number + 1 :]:
            assert cosines[np.ix_(one, other)].mean() <= nearness + 1e-9


@given(clouds)
def test_a_threshold_nothing_is_below_makes_one_group(points: Points) -> None:
    assert len(grouped(points, nearness=-1.0)) == 1


def test_two_separate_heaps_are_two_groups() -> None:
    rows = unit(np.array([[1, 0.1, 0, 0], [0, 0, 1, 0.1], [1, -0.1, 0, 0], [0, 0, 1, -0.1]], float))

    assert grouped(rows, nearness=0.3) == [(0, 2), (1, 3)]


def test_the_middle_is_the_point_nearest_to_the_heaviest_others() -> None:
    rows = unit(np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0]], float))

    assert middle(rows, np.ones(3)) == 1
    assert middle(rows, np.array([50.0, 1.0, 1.0])) == 0


def test_equal_points_tie_to_the_first() -> None:
    rows = unit(np.array([[1, 2, 0, 0]] * 3, float))

    assert middle(rows, np.array([0.1, 0.7, 0.2])) == 0


def test_scaled_points_compare_by_weighted_cosine() -> None:
    one, other = joined([1, 0, 0, 0], [1, 0, 0]), joined([1, 0, 0, 0], [0, 1, 0])
    nothing = joined(None, [0, 0, 1])

    points = scaled_points([one, other, nothing], LAYOUT, {"text": 0.6, "image": 0.4})
    by_words = scaled_points([one, nothing], LAYOUT, {"text": 1.0})

    assert float(points[0] @ points[1]) == pytest.approx(0.6)
    assert not by_words[1].any()
