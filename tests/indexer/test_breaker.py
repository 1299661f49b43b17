from datetime import timedelta

import pytest

from indexer.breaker import Breaker


class Seconds:
    """A clock that moves when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    return Breaker(3, timedelta(seconds=5), clock=seconds)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.admits()
        breaker.failed()


def test_fewer_failures_in_a_row_than_it_takes_let_everybody_through(breaker: Breaker) -> None:
    for _ in range(5):
        fail(breaker, 2)
        breaker.succeeded()

    assert breaker.admits()
    assert (breaker.is_open, breaker.refused) == (False, 0)


def test_too_many_failures_in_a_row_turn_callers_away(breaker: Breaker) -> None:
    fail(breaker, 3)

    assert [breaker.admits() for _ in range(4)] == [False] * 4
    assert (breaker.is_open, breaker.refused) == (True, 4)


def test_while_it_is_open_one_caller_in_each_rest_tries(breaker: Breaker, seconds: Seconds) -> None:
    fail(breaker, 3)

    tried = []
    for second in range(1, 13):
        seconds.now = 100.0 + second
        tried += [second for _ in range(3) if breaker.admits()]

    assert tried == [5, 10]


def test_a_trial_that_succeeds_closes_it_for_everybody(breaker: Breaker, seconds: Seconds) -> None:
    fail(breaker, 3)
    seconds.now += 5
    assert breaker.admits()

    breaker.succeeded()

    assert [breaker.admits() for _ in range(3)] == [True] * 3


def test_a_trial_that_fails_is_waited_out_anew(breaker: Breaker, seconds: Seconds) -> None:
    fail(breaker, 3)
    seconds.now += 5
    fail(breaker, 1)

    assert not breaker.admits()
    seconds.now += 5
    assert breaker.admits()


def test_a_trial_nobody_heard_of_again_does_not_keep_it_open(
    breaker: Breaker, seconds: Seconds
) -> None:
    fail(breaker, 3)
    seconds.now += 5
    assert breaker.admits()  # and its caller dies

    seconds.now += 5

    assert breaker.admits()
