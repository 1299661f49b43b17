"""How one ranked list differs from another."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of a list; places count from 1.

    Attributes:
        came: item_id to its place in the new list, of items the old one lacks, by place.
        went: item_id to its place in the old list, of items the new one lacks, by place.
        moved: item_id to its old and its new place, of items whose place among those that both
            lists have is another, by new place.
        overlap: Share of items that both have, of the places of the longer list, 0 to 1; 1 when
            both are empty.
        rank_correlation: Spearman's, -1 to 1, of the items that both have; None for fewer than two.
    """

    came: dict[str, int]
    went: dict[str, int]
    moved: dict[str, tuple[int, int]]
    overlap: float
    rank_correlation: float | None

    @property
    def changed(self) -> bool:
        """Whether the lists differ at all."""
        return bool(self.came or self.went or self.moved)


def compared(before: Sequence[str], after: Sequence[str]) -> Comparison:
    """Compare two lists of item_ids, each without repeats.

    An item that merely made room for one that came did not move: places are compared among the
    items that both lists have.
    """
    old = {item_id: place for place, item_id in enumerate(before, start=1)}
    new = {item_id: place for place, item_id in enumerate(after, start=1)}
    old_ranks = _ranks(before, new)
    new_ranks = _ranks(after, old)
    longest = max(len(old), len(new))
    return Comparison(
        came={item_id: place for item_id, place in new.items() if item_id not in old},
        went={item_id: place for item_id, place in old.items() if item_id not in new},
        moved={
            item_id: (old[item_id], new[item_id])
            for item_id, rank in new_ranks.items()
            if old_ranks[item_id] != rank
        },
        overlap=len(new_ranks) / longest if longest else 1.0,
        rank_correlation=_spearman(old_ranks, new_ranks),
    )


def _ranks(items: Sequence[str], others: dict[str, int]) -> dict[str, int]:
    shared = [item_id for item_id in items if item_id in others]
    return {item_id: rank for rank, item_id in enumerate(shared)}


def _spearman(one: dict[str, int], other: dict[str, int]) -> float | None:
    # https://en.wikipedia.org/wiki/Spearman%27s_rank_correlation_coefficient, without ties
    count = len(one)
    if count < 2:
        return None
    squares = sum((rank - other[item_id]) ** 2 for item_id, rank in one.items())
    return 1.0 - 6.0 * squares / (count * (count * count - 1))
