from collections.abc import Callable
from datetime import timedelta
from threading import Event

from structlog.testing import capture_logs

from app.following import Follower
from indexer.errors import DatabaseUnavailable


def following(look: Callable[[], object], stopping: Event) -> Follower:
    moment = timedelta(milliseconds=1)
    return Follower("keys", look, every=moment, at_most=timedelta(seconds=1), stopping=stopping)


def test_a_reason_is_logged_once_for_as_long_as_it_lasts() -> None:
    stopping = Event()
    answers = iter(["down", "down", None, "down", "full", "end"])

    def look() -> None:
        answer = next(answers)
        if answer == "end":
            stopping.set()
        elif answer is not None:
            raise DatabaseUnavailable(answer)

    with capture_logs() as logged:
        following(look, stopping).run()

    assert [(each["what"], each["reason"]) for each in logged] == [
        ("keys", "down"),
        ("keys", "down"),
        ("keys", "full"),
    ]


def test_nothing_is_looked_at_once_it_is_to_end() -> None:
    stopping = Event()
    stopping.set()
    looks: list[None] = []

    following(lambda: looks.append(None), stopping).run()

    assert looks == []
