"""Which interactions belong together: an order, or one visit."""

from datetime import timedelta

import numpy as np

from app.behaviour.log import SECONDS, Log, Numbers

VISIT_GAP = timedelta(minutes=30)
"""A pause that ends a visit: what web analytics has used for decades."""


def baskets(log: Log, *, gap: timedelta = VISIT_GAP) -> Numbers:
    """Number the visits of everybody.

    Args:
        log: In any order.
        gap: A longer pause begins another visit; 0 parts everything but what was done at once.

    Returns:
        Shape (n,), one a row of the log; from 0, by person and then by time.
    """
    order = np.lexsort((log.days, log.people))
    new = np.zeros(len(log), dtype=np.int64)
    pauses = np.diff(log.days[order]) * SECONDS
    new[1:] = (np.diff(log.people[order]) != 0) | (pauses > gap.total_seconds())
    found = np.empty(len(log), dtype=np.int64)
    found[order] = np.cumsum(new)
    return found
