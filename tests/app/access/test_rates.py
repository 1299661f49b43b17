import math

from hypothesis import given
from hypothesis import strategies as st

from app.access.rates import RateLimits
from app.values import Rate, read_rate


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_calls_go_at_once_and_the_next_waits_for_a_token() -> None:
    limits = RateLimits(Clock())
    rate = Rate(3, 60)

    taken = [limits.take("shop", rate) for _ in range(4)]

    assert [each.wait for each in taken] == [None, None, None, 20]
    assert [each.remaining for each in taken] == [2, 1, 0, 0]
    assert taken[0].full_in == 20
    assert taken[3].full_in == 60


def test_who_waits_as_told_may_call_again() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    rate = Rate(2, 60)
    for _ in range(2):
        limits.take("shop", rate)
    refused = limits.take("shop", rate)
    assert refused.wait is not None

    clock.now += refused.wait

    assert limits.take("shop", rate).wait is None
    assert limits.take("shop", rate).wait is not None


def test_one_caller_takes_nothing_from_another() -> None:
    limits = RateLimits(Clock())
    rate = Rate(1, 1)
    limits.take("a", rate)

    assert limits.take("a", rate).wait is not None
    assert limits.take("b", rate).wait is None


def test_a_bucket_never_holds_more_than_the_limit() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    limits.take("shop", Rate(5, 1))
    clock.now += 1_000

    assert limits.take("shop", Rate(5, 1)).remaining == 4
    assert limits.take("shop", Rate(2, 1)).remaining == 1


def test_the_headers_are_structured_fields() -> None:
    allowance = RateLimits(Clock()).take("shop", Rate(600, 60))

    assert allowance.headers() == {
        "RateLimit-Policy": '"key";q=600;w=60',
        "RateLimit": '"key";r=599;t=1',
    }


@given(
    st.integers(1, 50),
    st.sampled_from([1, 60, 3600]),
    st.lists(st.floats(0, 100, allow_nan=False), max_size=60),
)
def test_no_window_lets_through_more_than_a_burst_and_what_was_refilled(
    requests: int, seconds: int, waits: list[float]
) -> None:
    clock = Clock()
    limits = RateLimits(clock)
    rate = Rate(requests, seconds)

    allowed = 0
    for wait in waits:
        clock.now += wait
        allowed += limits.take("shop", rate).wait is None

    refilled = sum(waits) * requests / seconds
    assert allowed <= math.floor(requests + refilled + 1e-6)


@given(st.integers(1, 999_999_999), st.sampled_from("smhd"))
def test_a_rate_reads_as_it_is_written(requests: int, unit: str) -> None:
    assert str(read_rate(f"{requests}/{unit}")) == f"{requests}/{unit}"
