import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from app import garbage
from app.garbage import spare, spare_once_up


@pytest.fixture(autouse=True)
def collected_again() -> Iterator[None]:
    yield
    gc.unfreeze()


class Circle:
    """Something only a collection can remove."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_held_is_left_out_of_collections_and_garbage_is_removed() -> None:
    held, gone = Circle(), weakref.ref(Circle())

    spare()

    assert gone() is None
    assert gc.get_freeze_count() > 0
    assert all(each is not held for each in gc.get_objects())


def test_what_became_garbage_since_is_removed_when_it_is_spared_anew() -> None:
    circle = Circle()
    gone = weakref.ref(circle)
    spare()
    del circle

    gc.collect()
    assert gone() is not None
    spare()

    assert gone() is None


def test_what_is_loaded_later_is_spared_once_all_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "LOOK_EVERY", 0.01)
    up = threading.Event()
    thread = spare_once_up(up.is_set, threading.Event())
    model = Circle()

    up.set()
    thread.join(timeout=60)

    assert not thread.is_alive()
    assert all(each is not model for each in gc.get_objects())


def test_nobody_is_asked_any_more_after_the_end() -> None:
    stopping = threading.Event()
    stopping.set()

    thread = spare_once_up(lambda: pytest.fail("asked after the end"), stopping)
    thread.join(timeout=60)

    assert not thread.is_alive()
