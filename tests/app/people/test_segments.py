from hypothesis import given
from hypothesis import strategies as st

from app.people.segments import (
    GROUPS,
    LEAST_PEOPLE,
    PREFIX,
    Quintiles,
    Scores,
    edges,
    score,
    scores,
)

VALUES = st.lists(st.integers(0, 50).map(float), min_size=5, max_size=200)
SCORES = st.integers(1, 5)


def fifths(values: list[float]) -> tuple[float, ...]:
    """Cut as SQL's ntile does: the first ones are larger by one where five does not divide."""
    ordered, ends, end = sorted(values), [], 0
    for number in range(5):
        end += len(values) // 5 + (number < len(values) % 5)
        ends.append(ordered[end - 1])
    return edges(ordered[0], ends)


@given(VALUES)
def test_more_never_scores_less(values: list[float]) -> None:
    cut = fifths(values)

    given_scores = [score(each, cut) for each in sorted(values)]

    assert given_scores == sorted(given_scores)
    assert set(given_scores) <= {1, 2, 3, 4, 5}


@given(VALUES)
def test_equal_values_score_the_same_wherever_the_cut_falls(values: list[float]) -> None:
    cut = fifths(values)

    by_value = {each: {score(each, cut)} for each in values}

    assert all(len(found) == 1 for found in by_value.values())


@given(st.lists(st.integers(0, 10**9).map(float), min_size=20, max_size=200, unique=True))
def test_different_values_fall_into_fifths(values: list[float]) -> None:
    cut = fifths(values)

    counts = [sum(score(each, cut) == number for each in values) for number in range(1, 6)]

    assert max(counts) - min(counts) <= 1


def test_where_all_are_equal_everyone_is_in_the_middle() -> None:
    cut = fifths([7.0] * 30)

    assert cut == ()
    assert score(7.0, cut) == 3


@given(SCORES, SCORES, st.none() | SCORES)
def test_everyone_is_in_exactly_one_group(
    recency: int, frequency: int, monetary: int | None
) -> None:
    segment = Scores(recency, frequency, monetary).segment

    assert segment.startswith(PREFIX)
    assert sum(segment == PREFIX + name for name in {each for row in GROUPS for each in row}) == 1


def test_there_are_the_eleven_groups_of_the_trade() -> None:
    assert {name for row in GROUPS for name in row} == {
        "champions",
        "loyal",
        "potential_loyalists",
        "new",
        "promising",
        "need_attention",
        "about_to_sleep",
        "at_risk",
        "cannot_lose",
        "hibernating",
        "lost",
    }


def test_who_came_often_and_lately_is_a_champion_and_who_once_did_cannot_be_lost() -> None:
    assert Scores(5, 5, 5).segment == "rfm:champions"
    assert Scores(1, 5, 5).segment == "rfm:cannot_lose"
    assert Scores(1, 1, 1).segment == "rfm:lost"
    assert Scores(5, 1, 1).segment == "rfm:new"


def test_money_that_nobody_spent_says_nothing() -> None:
    spread = Quintiles(LEAST_PEOPLE, recency=(1, 2, 3, 4), frequency=(1, 2, 3, 4), monetary=())

    found = scores(recency=9, frequency=9, monetary=0, quintiles=spread)

    assert found == Scores(5, 5, None)
    assert found.segment == "rfm:champions"


def test_half_a_point_of_worth_counts_up() -> None:
    assert Scores(5, 3, 4).segment == Scores(5, 4, 4).segment == "rfm:champions"
    assert Scores(5, 3, 3).segment == "rfm:potential_loyalists"


def test_few_people_have_no_segments() -> None:
    few = Quintiles(LEAST_PEOPLE - 1, (1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4))

    assert scores(recency=9, frequency=9, monetary=9, quintiles=few) is None
