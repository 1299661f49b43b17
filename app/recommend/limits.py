"""At most so many items of a kind in one answer, wherever they come from."""

from collections import Counter
from collections.abc import Sequence

from app.recommend.requests import Cap
from indexer.catalogue import Candidate
from indexer.filters import Attribute, Field, Filterable

Label = tuple[int, type, object]
"""The cap's number, and a value with its type: 1 is not True."""


class Limits:
    """Counts what is placed; one for each answer."""

    def __init__(self, caps: Sequence[Cap]) -> None:
        self._caps = tuple(caps)
        self._placed: Counter[Label] = Counter()

    def __bool__(self) -> bool:
        """Whether anything is limited."""
        return bool(self._caps)

    def labels(self, candidate: Candidate) -> tuple[Label, ...]:
        """Return what of the candidate is counted."""
        return tuple(
            (number, type(value), value)
            for number, cap in enumerate(self._caps)
            for value in dict.fromkeys(values_of(candidate.item, cap.field))
        )

    def full(self, label: Label) -> bool:
        """Say whether no more of it may be placed."""
        return self._placed[label] >= self._caps[label[0]].most

    def admits(self, candidate: Candidate) -> bool:
        """Say whether the candidate may still be placed."""
        return not any(map(self.full, self.labels(candidate)))

    def place(self, candidate: Candidate) -> None:
        """Count a candidate that has got a place."""
        self._placed.update(self.labels(candidate))

    def copy(self) -> "Limits":
        """Return limits that count on from here on their own."""
        made = Limits(self._caps)
        made._placed = self._placed.copy()
        return made


def values_of(item: Filterable, field: Field) -> tuple[object, ...]:
    """Return the values an item has in a field, each member of a list on its own."""
    named = field.name if isinstance(field, Attribute) else None
    held: object = getattr(item, str(field)) if named is None else item.attributes.get(named)
    if held is None:
        return ()
    return tuple(held) if isinstance(held, list | tuple) else (held,)
