"""Which items may be in an answer, whatever found them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from indexer.catalogue import Candidate
from indexer.filters import Filter
from indexer.meaning import meaning


def nobody(item_ids: Collection[str]) -> Collection[str]:
    """Bar none of these items."""
    del item_ids
    return ()


@dataclass(frozen=True, slots=True)
class Admission:
    """The rules of one request; SQL's own attributes decide, not the index's copy of them.

    Attributes:
        where: The filter as asked for, `item_id` leaves included.
        keys: Items that may not be in the answer, as far as they are known beforehand.
        item_ids: More such items, by id.
        barred: Picks those that may not be in the answer out of a batch of ids: what is too much
            to know beforehand (all a person ever touched). Asked only about items that are
            admitted otherwise.
    """

    where: Filter
    keys: frozenset[int] = frozenset()
    item_ids: frozenset[str] = frozenset()
    barred: Callable[[Collection[str]], Collection[str]] = nobody

    def obeying(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return those that obey the filter, in the order given."""
        holds = meaning(self.where)
        return [each for each in candidates if holds(each.item)]

    def admitted(
        self, candidates: Sequence[Candidate], *, obeying: bool = False
    ) -> list[Candidate]:
        """Return those that may be in the answer, in the order given.

        Args:
            candidates: Any.
            obeying: Whether all of them are known to obey the filter.
        """
        allowed = [
            each
            for each in (candidates if obeying else self.obeying(candidates))
            if each.item.key not in self.keys and each.item.item_id not in self.item_ids
        ]
        if not allowed or self.barred is nobody:
            return allowed
        barred = frozenset(self.barred([each.item.item_id for each in allowed]))
        return [each for each in allowed if each.item.item_id not in barred]
