"""What a service acknowledged, to hold its records against afterwards."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """What was acknowledged; each item has one writer, so its newest acknowledged write is known.

    Attributes:
        titles: Item to the title last acknowledged, None once its deletion was.
        interactions: Ids of those that were acknowledged.
    """

    titles: dict[str, str | None] = field(default_factory=dict)
    interactions: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wrote(self, titles: Mapping[str, str | None]) -> None:
        """Note items that were acknowledged."""
        with self._lock:
            self.titles.update(titles)

    def did(self, interaction_ids: Iterable[str]) -> None:
        """Note interactions that were acknowledged."""
        with self._lock:
            self.interactions.update(interaction_ids)


@dataclass(frozen=True, slots=True)
class Difference:
    """How records differ from what was acknowledged: everything is 0 or the service is wrong.

    Attributes:
        lost: Acknowledged, and not there.
        outdated: Items that say something older than what was acknowledged last.
        undead: Items whose deletion was acknowledged, and that are there.
        duplicated: There more than once.
    """

    lost: int
    outdated: int
    undead: int
    duplicated: int

    @property
    def wrong(self) -> int:
        """All of them."""
        return self.lost + self.outdated + self.undead + self.duplicated


def of_items(ledger: Ledger, found: Iterable[tuple[str, str]]) -> Difference:
    """Hold exported items, id and title, against the ledger."""
    counts: Counter[str] = Counter()
    titles = {}
    for item_id, title in found:
        counts[item_id] += 1
        titles[item_id] = title
    there = {each: title for each, title in ledger.titles.items() if title is not None}
    return Difference(
        lost=len(there.keys() - titles.keys()),
        outdated=sum(titles[each] != title for each, title in there.items() if each in titles),
        undead=len(titles.keys() & (ledger.titles.keys() - there.keys())),
        duplicated=sum(number - 1 for number in counts.values()),
    )


def of_interactions(ledger: Ledger, found: Iterable[str]) -> Difference:
    """Hold exported interactions' ids against the ledger."""
    counts = Counter(found)
    return Difference(
        lost=len(ledger.interactions - counts.keys()),
        outdated=0,
        undead=0,
        duplicated=sum(number - 1 for number in counts.values()),
    )
