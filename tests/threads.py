"""Steps that run at the same time."""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def together(*steps: Callable[[], Result]) -> list[Result]:
    """Run steps in threads that begin at once; return their results, or raise the first error."""
    barrier = threading.Barrier(len(steps))
    results: dict[int, Result] = {}
    errors: list[Exception] = []

    def run(number: int, step: Callable[[], Result]) -> None:
        barrier.wait()
        try:
            results[number] = step()
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits for them all
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=(number, step)) for number, step in enumerate(steps)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[number] for number in range(len(steps))]
