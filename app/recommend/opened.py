"""Interests as their person may see them."""

from collections.abc import Sequence

from app.recommend.interests import Interest, shares
from app.recommend.labels import label_of
from app.recommend.profile import SESSION, Behind, OpenInterest

SESSION_LABEL = "This visit"


def opened(interests: Sequence[Interest]) -> tuple[OpenInterest, ...]:
    """Show interests, in their order, with their share of all weight."""
    parts = shares(interests).tolist()
    return tuple(
        _opened(each, share, [other for other in interests if other is not each])
        for each, share in zip(interests, parts, strict=True)
    )


def _opened(interest: Interest, share: float, others: Sequence[Interest]) -> OpenInterest:
    if interest.seed is not None:
        seed = interest.seed
        behind = tuple(
            Behind(item_id, None, seed.weight / len(seed.items), (), seed.given_at)
            for item_id in seed.items
        )
        return OpenInterest(
            interest.name,
            interest.kind,
            seed.label,
            share,
            interest.factor,
            None,
            behind,
            seed.given_at,
            seed.given_at,
        )
    members = interest.members
    elsewhere = [
        member
        for other in others
        if other.kind == "found" and interest.kind == "found"
        for member in other.members
    ]
    one = interest.representative
    return OpenInterest(
        interest.name,
        interest.kind,
        SESSION_LABEL if interest.name == SESSION else label_of(members, elsewhere),
        share,
        interest.factor,
        None if one is None else one.item_id,
        tuple(
            Behind(each.item_id, each.title, each.weight, each.kinds, each.latest)
            for each in members
        ),
        max(each.latest for each in members),
        min(each.earliest for each in members),
    )
