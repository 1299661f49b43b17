"""Placed items as an answer tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.recommend.answers import Move, Recommended
from app.recommend.explain import brief, sentence
from app.recommend.moves import moves_of
from app.recommend.ranking import Placed
from indexer.catalogue import Candidate

SCORED = frozenset({"vector", "exploration"})
"""Sources whose scores compare with each other."""


def recommended(
    items: Sequence[Placed],
    pins: Mapping[int, Candidate],
    *,
    explain: bool,
    asked: str | None,
) -> tuple[Recommended, ...]:
    """Put pinned items among the others, and say of each why it is where it is.

    Args:
        items: In their places, pins aside.
        pins: Place in the answer, from 0, to item; one beyond the end comes at the end.
        explain: Whether to give reasons, moves and sentences.
        asked: item_id that was asked about.
    """
    told = [_told(each, explain=explain, asked=asked) for each in items]
    if explain:
        told = _moved(told, items)
    for place, candidate in sorted(pins.items()):
        one = Placed(candidate, 0.0, "pinned", why="pin")
        told.insert(place, _told(one, explain=explain, asked=asked))
        if explain:
            told[place + 1 :] = [_pushed(each) for each in told[place + 1 :]]
    return tuple(told)


def _told(placed: Placed, *, explain: bool, asked: str | None) -> Recommended:
    because = None
    if explain:
        because = sentence(placed.source, placed.reasons or (), asked=asked, went=placed.went)
    return Recommended(
        placed.candidate,
        placed.score,
        placed.source,
        placed.propensity,
        placed.interest,
        None if placed.reasons is None else brief(placed.reasons),
        because=because,
        went=placed.went,
    )


def _moved(told: Sequence[Recommended], items: Sequence[Placed]) -> list[Recommended]:
    scored = [row for row, each in enumerate(items) if each.source in SCORED]
    moves = moves_of(
        [items[row].score for row in scored],
        [told[row].item_id for row in scored],
        [items[row].why for row in scored],
    )
    made = list(told)
    for row, move in zip(scored, moves, strict=True):
        if move is not None:
            made[row] = replace(made[row], moves=(move,))
    return made


def _pushed(item: Recommended) -> Recommended:
    """Say that a pin before it took its place."""
    if item.source == "pinned":
        return item
    before = sum(move.places for move in item.moves if move.why == "pin")
    others = tuple(move for move in item.moves if move.why != "pin")
    return replace(item, moves=(*others, Move("pin", before - 1)))
