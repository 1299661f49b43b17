"""Saying why an answer is not wholly what was asked for."""

from collections.abc import Mapping

from app.recommend.requests import Shortfall, ShortfallReason
from indexer.filters import All, Filter, equals

AVAILABLE = equals("available", value=True)

BECAUSE: Mapping[ShortfallReason, str] = {
    "nothing_known": "nothing is known yet that vectors could be compared with",
    "index_unavailable": "the vector index cannot be reached or is still loading",
    "filters": "the filters leave no more",
    "catalogue": "the catalogue holds no more",
}


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
    *, asked: int, found: int, given: int, why: ShortfallReason | None, where: Filter
) -> Shortfall | None:
    """Put a shortfall into words.

    Args:
        asked: The limit.
        found: How many came from where they were asked for: vector search, or one count.
        given: How many the answer has, filled up.
        why: Why `found` is less than `asked`; not read otherwise.
        where: The filter asked for.

    Returns:
        None when `found` is what was asked for.
    """
    if found >= asked:
        return None
    last = lack(where, filtered=False)
    reasons: tuple[ShortfallReason, ...] = (why or last,)
    if given < asked and not {"filters", "catalogue"} & {*reasons}:
        reasons = (*reasons, last)
    because = ", and ".join(BECAUSE[reason] for reason in reasons)
    filled = (
        f" {given - found} were filled in from what is popular or new." if given > found else ""
    )
    detail = f"{found} of {asked} were found as asked, because {because}.{filled}"
    return Shortfall(asked, found, reasons, detail)
