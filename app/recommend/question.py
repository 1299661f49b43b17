"""What is asked of a generation, and how its answer is explained."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from app.recommend.candidates import Found
from app.recommend.explain import for_you_reasons, score_of, similar_reasons
from app.recommend.interests import interest_of
from app.recommend.requests import Reason, Source
from app.recommend.sources import PastInteraction, Snapshot
from embedders.spaces import Array
from indexer.catalogue import Candidate


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the way back from its scores.

    Attributes:
        query: Shape (d,), weighed.
        explain: Splits the score of a candidate (its joined vector, its predicted spaces).
    """

    query: Array
    explain: Callable[[Array, Collection[str]], tuple[Reason, ...]]


Ask = Callable[[Snapshot, Mapping[str, float]], Question | None]
"""Puts a question to a generation, its spaces weighed; None when nothing is known to ask with."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An item that has its place in the answer."""

    found: Found
    source: Source
    reasons: tuple[Reason, ...] | None = None


def of_person(
    past: Sequence[PastInteraction],
    liking: Mapping[int, float],
    snapshot: Snapshot,
    weights: Mapping[str, float],
) -> Question | None:
    """Ask for what is like the things a person liked, and unlike those they did not.

    Args:
        past: What they did.
        liking: Item key to what that says of the item, of items in `past`.
        snapshot: The generation.
        weights: Of its spaces.

    Returns:
        None when nothing in these spaces speaks for anything.
    """
    revisions = {
        each.item_key: each.indexed_revision
        for each in past
        if each.item_key in liking and each.indexed_revision is not None
    }
    if not revisions:
        return None
    layout = snapshot.layout
    interest = interest_of(liking, snapshot.evidence(revisions).vectors, layout)
    if interest is None:
        return None
    names = {each.item_key: each.item_id for each in past}

    def explain(candidate: Array, predicted: Collection[str]) -> tuple[Reason, ...]:
        return for_you_reasons(
            interest, names, weights, candidate, predicted=predicted, layout=layout
        )

    query = layout.query(interest.blocks, weights)
    return Question(query, explain) if query.any() else None


def of_item(
    item_id: str,
    known: Mapping[int, Candidate],
    snapshot: Snapshot,
    weights: Mapping[str, float],
) -> Question | None:
    """Ask for what is like an item, its predicted parts included.

    Args:
        item_id: Which item.
        known: What is known of it, by its key; empty if it has just been deleted.
        snapshot: The generation.
        weights: Of its spaces.

    Returns:
        None when the item has no vector in these spaces yet.
    """
    revisions = {
        key: each.indexed_revision
        for key, each in known.items()
        if each.indexed_revision is not None
    }
    vectors = snapshot.candidates(revisions).vectors if revisions else {}
    if not vectors:
        return None
    asked = next(iter(vectors.values()))
    layout = snapshot.layout

    def explain(candidate: Array, predicted: Collection[str]) -> tuple[Reason, ...]:
        return similar_reasons(
            item_id, asked, weights, candidate, predicted=predicted, layout=layout
        )

    query = layout.query(asked, weights)
    return Question(query, explain) if query.any() else None


def explained(snapshot: Snapshot, question: Question, found: Sequence[Found]) -> list[Placed]:
    """Recompute scores from the vectors, with their reasons.

    Returns:
        Best first, ties by item_id. An item whose vectors went away since it was found (its content
        lost all there was to embed) is left out.
    """
    blocks = snapshot.candidates(
        {
            each.candidate.item.key: each.candidate.indexed_revision
            for each in found
            if each.candidate.indexed_revision is not None
        }
    )
    placed = []
    for each in found:
        key = each.candidate.item.key
        vector = blocks.vectors.get(key)
        if vector is not None:
            reasons = question.explain(vector, blocks.predicted.get(key, frozenset()))
            placed.append(Placed(Found(each.candidate, score_of(reasons)), "vector", reasons))
    return sorted(placed, key=lambda one: (-one.found.score, one.found.candidate.item.item_id))
