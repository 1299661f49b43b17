"""Places that scores would not have given, told apart from the scores."""

from collections.abc import Sequence

from app.recommend.answers import Move, MoveReason


def moves_of(
    scores: Sequence[float], item_ids: Sequence[str], whys: Sequence[MoveReason | None]
) -> list[Move | None]:
    """Compare the places of an answer with those its scores would give.

    Args:
        scores: In the order of the answer.
        item_ids: For ties.
        whys: What gave each its place, None where its score did.

    Returns:
        One for each item, None where it stands where its score puts it. What stands elsewhere
        without a reason of its own was moved by the first that came between.
    """
    by_score = sorted(range(len(scores)), key=lambda place: (-scores[place], item_ids[place]))
    ranks = {place: rank for rank, place in enumerate(by_score)}
    found: list[Move | None] = []
    for place, own in enumerate(whys):
        why = own or _passer(place, ranks, whys)
        shift = ranks[place] - place
        found.append(Move(why, shift) if why is not None and shift else None)
    return found


def _passer(
    place: int, ranks: dict[int, int], whys: Sequence[MoveReason | None]
) -> MoveReason | None:
    """Find what moved an item: the first before it that its own score would put behind it."""
    passed = (why for before, why in enumerate(whys[:place]) if ranks[before] > ranks[place])
    return next((why for why in passed if why is not None), None)
