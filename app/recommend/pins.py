"""Items that an operator gave a place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.recommend.admission import Admission, nobody
from app.recommend.requests import Wanted
from indexer.catalogue import Candidate


def pinned(
    wanted: Wanted,
    keys: Mapping[str, int],
    items: Mapping[str, Candidate],
    admission: Admission,
    now: datetime,
) -> dict[int, Candidate]:
    """Say which pins hold in this answer, and where.

    A pinned item obeys the filter and the exclusions like every other; that the person has seen it
    does not matter. Of two pins of one place or one item the first counts. On later pages places
    count on from those before.

    Args:
        wanted: The request.
        keys: item_id to key, of those named.
        items: item_id to item, of those pinned.
        admission: Of everything else in the answer.
        now: The time of the request.

    Returns:
        Place in this answer, from 0, to item; ascending.
    """
    barred = frozenset(keys[each] for each in wanted.exclude if each in keys) | wanted.shown
    own = replace(admission, keys=barred, item_ids=wanted.exclude, barred=nobody)
    places: dict[int, Candidate] = {}
    for pin in wanted.pins:
        place = pin.position - 1 - len(wanted.shown)
        candidate = items.get(pin.item_id)
        if candidate is None or not pin.holds(now) or not 0 <= place < wanted.limit:
            continue
        taken = any(each.item.item_id == pin.item_id for each in places.values())
        if place not in places and not taken and own.admitted([candidate]):
            places[place] = candidate
    return dict(sorted(places.items()))
