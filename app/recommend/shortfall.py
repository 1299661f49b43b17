"""Saying why an answer is not wholly what was asked for."""

from collections.abc import Mapping

from app.recommend.answers import Shortfall, ShortfallReason
from indexer.filters import All, Filter, equals

AVAILABLE = equals("available", value=True)

BECAUSE: Mapping[ShortfallReason, str] = {
    "nothing_known": "nothing is known yet that vectors could be compared with",
    "opted_out": "the person has opted out of personalisation",
    "index_unavailable": "the vector index cannot be reached or is still loading",
    "model_unavailable": "words or a picture could not be read, as their model is not ready here",
    "filters": "the filters leave no more",
    "limits": "limits on how many of a kind there may be, or duplicates, leave no more",
    "catalogue": "the catalogue holds no more",
    "not_counted": "what goes together was not counted yet",
    "evidence": "too few people had more at once with it to tell it from chance",
}

FILLED = "what is popular, new, or near other interests"
"""Where the rest of an answer comes from, unless something else was asked for."""


ENDS = frozenset({"filters", "catalogue", "limits", "evidence", "not_counted"})
"""Reasons that say why there are not more at all."""


def narrows(where: Filter) -> bool:
    """Say whether a filter asks for more than items that can be had."""
    if isinstance(where, All):
        return any(narrows(part) for part in where.parts)
    return where != AVAILABLE


def lack(where: Filter, *, filtered: bool) -> ShortfallReason:
    """Say why there are no more items.

    Args:
        where: The filter asked for.
        filtered: Whether it is known to have turned items away.
    """
    return "filters" if filtered or narrows(where) else "catalogue"


def shortfall(
    *,
    asked: int,
    found: int,
    given: int,
    why: ShortfallReason | None,
    where: Filter,
    unread: str | None = None,
    filled_from: str = FILLED,
    then: ShortfallReason | None = None,
) -> Shortfall | None:
    """Put a shortfall into words.

    Args:
        asked: The limit.
        found: How many came from where they were asked for: vector search, or one count.
        given: How many the answer has, filled up.
        why: Why `found` is less than `asked`; not read otherwise.
        where: The filter asked for.
        unread: Why a part of the question could not be read, or None.
        filled_from: Where the rest came from.
        then: Why that did not fill it, where something else was asked to; read only then.

    Returns:
        None when `found` is what was asked for, and all of the question was read.
    """
    if found >= asked and unread is None:
        return None
    last = lack(where, filtered=False)
    reasons: tuple[ShortfallReason, ...] = () if found >= asked else (why or last,)
    if given < asked and not ENDS & {*reasons}:
        reasons = (*reasons, last)
    if given < asked and then is not None and then not in reasons:
        reasons = (*reasons, then)
    if unread is not None and "model_unavailable" not in reasons:
        reasons = (*reasons, "model_unavailable")
    because = ", and ".join(BECAUSE[reason] for reason in reasons)
    filled = f" {given - found} were filled in from {filled_from}." if given > found else ""
    detail = f"{found} of {asked} were found as asked, because {because}.{filled}"
    return Shortfall(asked, found, reasons, detail)
