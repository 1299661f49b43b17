"""Garbage collection beside people's answers: what is there for good is not looked at again.

CPython's collector stops every thread while it looks through all objects that may be in a circle.
Libraries, models and tables make up most of them and stay until the end; with only these behind it,
a collection of the oldest generation took 114 to 170 ms, without them 12 to 29.
"""

import gc
import threading
from collections.abc import Callable

LOOK_EVERY = 5.0
"""Seconds between looks whether everything is up."""


def spare() -> None:
    """Collect what is garbage, and leave what is not out of all collections from here on."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def spare_once_up(up: Callable[[], bool], stopping: threading.Event) -> threading.Thread:
    """Spare what is held now, and once more, by a thread, when everything is up.

    Args:
        up: Whether the models and the index have been loaded; asked now and then until it is so.
        stopping: Set when nobody is to be asked any more.

    Returns:
        The thread, started.
    """
    spare()
    thread = threading.Thread(target=_spare_later, args=(up, stopping), name="spare", daemon=True)
    thread.start()
    return thread


def _spare_later(up: Callable[[], bool], stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_EVERY):
        if up():
            spare()
            return
