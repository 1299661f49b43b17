"""Where SQL and the index disagree about an item, and how that is said."""

from indexer.faults import Fault
from indexer.testimony import Testimony


def judged(said: Testimony | None, held: int | None) -> str | None:
    """Say what is wrong with an item, or None.

    Args:
        said: What SQL says of it; None: it does not know the key.
        held: The revision the index holds, or None.
    """
    if said is None or said.deleted:
        stays = "stray" if said is None else "undeleted"
        return None if held is None else stays
    if held is None:
        return "missing"
    if held != said.revision:
        return "behind" if held < said.revision else "ahead"
    if said.indexed_revision != said.revision:
        return "unstamped"
    return "vector_gone" if said.lost or said.unembedded else None


def fault(kind: str, key: int, said: Testimony | None, held: int | None) -> Fault:
    """Say for people what `judged` found.

    Args:
        kind: What it found.
        key: Of the item.
        said: As there.
        held: As there.
    """
    if said is None:
        unknown = f"the index holds revision {held} of an item SQL does not know"
        return Fault(kind, f"key {key}", unknown)
    seen = {
        "undeleted": f"deleted, but the index holds revision {held}",
        "missing": f"revision {said.revision} is not in the index",
        "behind": f"the index holds revision {held} of {said.revision}",
        "ahead": f"the index holds revision {held}, which SQL has not come to ({said.revision})",
        "unstamped": f"in the index, but not noted as searchable at revision {said.revision}",
        "vector_gone": f"no kept vector of {', '.join(sorted({*said.lost, *said.unembedded}))}",
    }
    return Fault(kind, said.item_id, seen[kind])
