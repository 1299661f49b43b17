"""What a log has that ranking could be tuned by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.log import AGAINST, Log

BY_VALUE = frozenset({"rating", "dwell"})
"""Kinds that weigh by their value, not by a weight of their own."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What there is in a log.

    Attributes:
        kinds: Of interactions in favour of items, the most frequent first, ties by name.
        against: Whether anything speaks against an item: a dislike, a hide, or a low rating.
        repeated: Whether somebody did the same with the same item twice.
    """

    kinds: Sequence[str]
    against: bool
    repeated: bool

    @classmethod
    def of(cls, log: Log, *, neutral_rating: float) -> "Traits":
        """Look at a log.

        Args:
            log: What may be learned from.
            neutral_rating: A rating below it speaks against an item.
        """
        counts = np.bincount(log.kind, minlength=len(log.kinds)).tolist()
        there = {kind: count for kind, count in zip(log.kinds, counts, strict=True) if count}
        rating = log.kinds.index("rating") if "rating" in there else -1
        low = bool((log.value[log.kind == rating] < neutral_rating).any())
        touches = np.stack([log.person, log.item, log.kind])
        return cls(
            tuple(sorted(there.keys() - AGAINST, key=lambda kind: (-there[kind], kind))),
            low or not AGAINST.isdisjoint(there),
            np.unique(touches, axis=1).shape[1] < len(log),
        )

    @property
    def mixed(self) -> bool:
        """Whether there are several kinds, so that it matters what one is worth beside another."""
        return len(self.kinds) > 1
