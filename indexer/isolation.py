"""Doing a step for many items although one of them is poison."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from indexer.errors import DatabaseUnavailable, ModelUnavailable, StorageFull, StoreUnavailable

log = structlog.get_logger(__name__)

OUTAGES = (StoreUnavailable, DatabaseUnavailable, ModelUnavailable, StorageFull)
"""Not the items' fault: they wait, and no attempt is counted."""

T = TypeVar("T")


def sparing(items: Sequence[T], step: Callable[[Sequence[T]], None]) -> list[Exception]:
    """Do a step for items together or, where that fails, one by one; return what failed alone.

    Args:
        items: At least one.
        step: May be done again for items it was done for.

    Raises:
        StoreUnavailable, DatabaseUnavailable, ModelUnavailable, StorageFull: From the step.
    """
    try:
        step(items)
    except OUTAGES:
        raise
    except Exception as error:  # noqa: BLE001 - one poisonous item must not hold up the others
        if len(items) == 1:
            log.warning("item_left_out", reason=repr(error))
            return [error]
        return [failure for item in items for failure in sparing([item], step)]
    return []
