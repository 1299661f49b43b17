"""What people did, as columns; and what is known of the items."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from app.evaluation.metrics import Flags, Floats, Ints

AGAINST = frozenset({"hide", "dislike"})
"""Kinds of interaction that speak against an item."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An item as far as a data set describes it.

    Attributes:
        categories: From general to special.
        created_at: With an offset; None: when it was first touched.
        attributes: Names to scalars or lists of them.
    """

    item_id: str
    title: str | None = None
    description: str | None = None
    image_url: str | None = None
    categories: tuple[str, ...] = ()
    price: float | None = None
    created_at: datetime | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a person did, at `when` seconds since 1970-01-01 UTC; `value` may be None."""

    user_id: str
    item_id: str
    kind: str
    value: float | None
    when: float


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """What people did with the items of one catalogue, oldest first.

    Ties of time stay in the order of the source. Item numbers follow item_id, so that ties broken
    by the number are broken as Kindred breaks them.

    Attributes:
        name: Of the data set.
        people: user_id by person number, sorted.
        things: By item number, sorted by item_id; also those nobody touched.
        kinds: By kind number, sorted.
        person, item, kind: Shape (n,), numbers.
        value: Shape (n,), NaN where there is none.
        when: Shape (n,), seconds since 1970, not falling.
    """

    name: str
    people: tuple[str, ...]
    things: tuple[Thing, ...]
    kinds: tuple[str, ...]
    person: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int16]
    value: Floats
    when: Floats

    @classmethod
    def of(cls, name: str, deeds: Iterable[Deed], things: Iterable[Thing] = ()) -> Self:
        """Put a log together; items that are touched but not described are there by their id."""
        rows = [(d.user_id, d.item_id, d.kind, d.value, d.when) for d in deeds]
        user_ids, item_ids, kinds, values, when = (
            map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])
        )
        return cls.from_columns(name, user_ids, item_ids, kinds, values, when, things)

    @classmethod
    def from_columns(
        cls,
        name: str,
        user_ids: Sequence[str],
        item_ids: Sequence[str],
        kinds: Sequence[str],
        values: Sequence[float | None],
        when: Sequence[float],
        things: Iterable[Thing] = (),
    ) -> Self:
        """Put a log together from columns of equal length, in any order."""
        described = {each.item_id: each for each in things}
        every = {**{each: Thing(each) for each in item_ids}, **described}
        people, person = _numbered(user_ids)
        item_names = sorted(every)
        places = dict(zip(item_names, range(len(item_names)), strict=True))
        item = np.fromiter(map(places.__getitem__, item_ids), dtype=np.int32, count=len(item_ids))
        kind_names, kind = _numbered(kinds)
        moments = np.asarray(when, dtype=np.float64)
        order = np.argsort(moments, kind="stable")
        return cls(
            name,
            people,
            tuple(every[each] for each in item_names),
            kind_names,
            person[order],
            item[order],
            kind.astype(np.int16)[order],
            np.array(values, dtype=np.float64)[order],
            moments[order],
        )

    def __len__(self) -> int:
        return self.when.size

    def only(self, rows: Flags) -> Self:
        """Keep the rows that are marked; people and items keep their numbers."""
        return replace(
            self,
            person=self.person[rows],
            item=self.item[rows],
            kind=self.kind[rows],
            value=self.value[rows],
            when=self.when[rows],
        )

    def favourable(self, *, least: float | None = None) -> Flags:
        """Mark what speaks for an item.

        Args:
            least: A value below it speaks against; None: every value speaks for.

        Returns:
            Shape (n,): False where the kind is one of AGAINST, or the value is too low.
        """
        against = [number for number, kind in enumerate(self.kinds) if kind in AGAINST]
        good = ~np.isin(self.kind, against)
        return good if least is None else good & ~(self.value < least)

    def touches(self) -> "sparse.csr_array":
        """Return shape (people, items), 1.0 where a person ever touched an item."""
        shape = (len(self.people), len(self.things))
        ones = np.ones(len(self), dtype=np.float32)
        counted = sparse.csr_array((ones, (self.person, self.item)), shape=shape)
        counted.sum_duplicates()
        counted.data[:] = 1.0
        return counted

    def popularity(self) -> Ints:
        """Return shape (items,): how many different people touched each."""
        pairs = np.unique(self.person.astype(np.int64) * len(self.things) + self.item)
        counts = np.bincount(pairs % max(len(self.things), 1), minlength=len(self.things))
        return np.asarray(counts, dtype=np.int64)

    def histories(self) -> "Histories":
        """Return every person's rows, oldest first."""
        order = np.argsort(self.person, kind="stable")
        starts = np.searchsorted(self.person[order], np.arange(len(self.people) + 1))
        return Histories(order.astype(np.int64), starts.astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Row numbers of a log by person: those of person p are `rows[starts[p]:starts[p + 1]]`."""

    rows: Ints
    starts: Ints

    def of(self, person: int) -> Ints:
        """Return a person's rows, oldest first."""
        return self.rows[self.starts[person] : self.starts[person + 1]]


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Number names in their order."""
    known = tuple(sorted(set(names)))
    places = {name: number for number, name in enumerate(known)}
    numbers = np.fromiter(map(places.__getitem__, names), dtype=np.int32, count=len(names))
    return known, numbers
