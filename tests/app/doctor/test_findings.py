import threading
from datetime import timedelta

import pytest

from app.doctor.findings import Finding, Verdict, within, worst
from app.errors import SettingsError
from indexer.errors import DatabaseUnavailable

SOON = timedelta(seconds=10)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["ok", "skip"], "ok"),
        (["skip"], "ok"),
        ([], "ok"),
        (["ok", "warn", "skip"], "warn"),
        (["warn", "fail", "ok"], "fail"),
    ],
)
def test_one_failure_makes_the_whole_fail(verdicts: list[Verdict], expected: Verdict) -> None:
    assert worst(Finding("part", verdict, "seen") for verdict in verdicts) == expected


def test_a_check_within_its_time_gives_what_it_found() -> None:
    found = Finding("disk", "ok", "plenty")

    assert within(SOON, "disk", lambda: found) is found


def test_a_check_that_hangs_is_left_behind_and_says_so() -> None:
    release = threading.Event()

    def hang() -> Finding:
        release.wait(60)
        return Finding("milvus", "ok", "too late")

    found = within(timedelta(milliseconds=50), "milvus", hang)
    release.set()

    assert (found.name, found.verdict, found.seen) == ("milvus", "fail", "no answer within 0.05 s")
    assert found.advice


@pytest.mark.parametrize(
    "error",
    [DatabaseUnavailable("it is\ndown"), SettingsError("it is\ndown"), OSError("it is down")],
)
def test_an_expected_error_is_what_was_seen(error: Exception) -> None:
    def fail() -> Finding:
        raise error

    assert within(SOON, "part", fail) == Finding("part", "fail", "it is down")


def test_an_error_nobody_foresaw_hides_nothing_and_stops_nothing() -> None:
    def fail() -> Finding:
        raise ZeroDivisionError

    found = within(SOON, "part", fail)

    assert found.verdict == "fail"
    assert "ZeroDivisionError" in found.seen
    assert "report it" in str(found.advice)
