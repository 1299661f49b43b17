"""What goes together with an item: counted pairs, under the same rules as everything else."""

from dataclasses import dataclass

from app.recommend.answers import ShortfallReason, Went
from app.recommend.asked import Asked
from app.recommend.limits import Limits
from app.recommend.ranking import Placed
from app.recommend.requests import Together
from app.recommend.sources import Catalog, Companion, Pairings

MOST_COMPANIONS = 500
"""Read for one answer, at most; far fewer are kept for an item."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What went together with an item.

    Attributes:
        items: In their places.
        why: Why there are no more.
    """

    items: tuple[Placed, ...]
    why: ShortfallReason


def gone_together(
    asked: Asked,
    wish: Together,
    limit: int,
    limits: Limits,
    pairings: Pairings,
    catalog: Catalog,
) -> Gone:
    """Place what goes with the item asked about, the least likely by chance first.

    Two bounded reads: the item's list, and the catalogue's word on those in it.

    Args:
        asked: The request, about one item.
        wish: Which baskets count.
        limit: Items wanted.
        limits: What may still be placed; counts what is.
        pairings: What goes together.
        catalog: What is known of items.
    """
    key = asked.keys[asked.subject.item_id or ""]
    found = pairings.of(key, wish.kind, limit=MOST_COMPANIONS)
    known = catalog.candidates([each.item_key for each in found.items]) if found.items else {}
    there = [known[each.item_key] for each in found.items if each.item_key in known]
    admitted = asked.admission.admitted(there)
    went = {each.item_key: each for each in found.items}
    placed: list[Placed] = []
    limited = False
    # Ties end in item_id, not in the order in which items came to be known.
    for candidate in sorted(admitted, key=lambda one: (-went[one.item.key].llr, one.item.item_id)):
        if len(placed) == limit:
            break
        if not limits.admits(candidate):
            limited = True
            continue
        limits.place(candidate)
        companion = went[candidate.item.key]
        placed.append(
            Placed(candidate, companion.llr, "together", went=_went(companion, wish.kind))
        )
    if not found.counted:
        return Gone((), "not_counted")
    filtered = len(asked.admission.obeying(there)) < len(there)
    why: ShortfallReason = "limits" if limited else "filters" if filtered else "evidence"
    return Gone(tuple(placed), why)


def _went(companion: Companion, kind: str) -> Went:
    return Went(kind, companion.people, companion.baskets, companion.lift)
