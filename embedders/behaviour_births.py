"""Since when each item can have been touched, told from when it was: only that is known for sure.

An item that came late was passed over by nobody before. Were it taken as passed over, everything
new would be learned as unpopular, the more so the newer it is.
"""

import numpy as np

from embedders.sequences import Rows, Sequences


def births(sequences: Sequences, items: int, *, chance: float) -> Rows:
    """Find the moment each item came.

    With n people who touched an item, and a share f of all interactions before the first of them,
    chance leaves it untouched so long with (1 - f)^n.

    Args:
        sequences: What people did.
        items: How many there are.
        chance: Where an item would be left untouched so long less often than this, it was not there
            before; with 0 everything always was.

    Returns:
        Shape (items,): places among all moments (`moments_of`); 0 where an item may have been there
        from the beginning.
    """
    moments = moments_of(sequences)
    found = np.full(items, len(moments), dtype=np.int64)
    np.minimum.at(found, sequences.items, moments)
    happened = np.bincount(moments, minlength=len(moments) + 1)
    share = (np.cumsum(happened) - happened)[found] / max(len(moments), 1)
    untouched = (1.0 - share) ** sequences.counts(items)
    return np.where(untouched < chance, found, 0)


def moments_of(sequences: Sequences) -> Rows:
    """Number the moments at which anything happened, from 0: shape (n,), one an interaction."""
    return np.unique(sequences.days, return_inverse=True)[1].astype(np.int64)
