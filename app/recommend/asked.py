"""A request with all that is read for it before the index is asked."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from app.recommend.admission import Admission, nobody
from app.recommend.errors import UnknownItem
from app.recommend.person import NO_PAST, Person, person_of
from app.recommend.profile import Profile
from app.recommend.requests import Subject, Wanted
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Catalog, History
from indexer.catalogue import Candidate
from indexer.filters import item_ids

MOST_IDS = 1_000
"""Ids looked up in one read."""

Adjust = Callable[[Profile], Wanted]
"""Says what is wanted, once the person's profile is known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with all that was read for it.

    Attributes:
        items: item_id to item, of those named.
        keys: item_id to key, of those named.
    """

    subject: Subject
    wanted: Wanted
    person: Person
    items: dict[str, Candidate]
    keys: dict[str, int]
    admission: Admission
    now: datetime


class Reader:
    """Reads SQL for requests."""

    def __init__(self, history: History, catalog: Catalog, settings: RecommendSettings) -> None:
        self._history = history
        self._catalog = catalog
        self._settings = settings

    def read(
        self, subject: Subject, wanted: Wanted, adjust: Adjust | None, *, now: datetime
    ) -> Asked:
        """Read what is known of the person and of the items named."""
        past = NO_PAST
        if subject.user_id is not None:
            past = self._history.recent(
                subject.user_id, limit=self._settings.history_limit, as_of=wanted.as_of
            )
        if adjust is not None:
            wanted = adjust(past.profile)
        examples = {*subject.positive, *subject.negative}
        if subject.item_id is not None:
            examples.add(subject.item_id)
        shown = examples | {each.item_id for each in subject.session}
        shown |= {pin.item_id for pin in wanted.pins if pin.holds(now)}
        keys = self._keys_of(wanted.exclude | item_ids(wanted.where) | shown)
        if subject.item_id is not None and subject.item_id not in keys:
            raise UnknownItem(
                f"no item {subject.item_id!r} exists: it was never received, or was deleted"
            )
        items = self._items(shown, keys)
        person = person_of(past, subject.session, items, self._settings, now=now)
        admission = self._admission(subject, wanted, person, keys, examples)
        return Asked(subject, wanted, person, items, keys, admission, now)

    def person(self, user_id: str, *, now: datetime) -> Person:
        """Read a person alone."""
        past = self._history.recent(user_id, limit=self._settings.history_limit)
        return person_of(past, (), {}, self._settings, now=now)

    def _admission(
        self,
        subject: Subject,
        wanted: Wanted,
        person: Person,
        keys: dict[str, int],
        examples: Collection[str],
    ) -> Admission:
        """Bar what was excluded, asked with, shown before, or touched in a way that bars.

        Beside what is asked for, only what the person hid stays away: somebody who looks for mugs
        may find again the one they know.
        """
        bars = _hides if subject.asks else self._settings.bars
        seen = {each.item_key for each in person.past if bars(each.kind)}
        excluded = wanted.exclude | frozenset(examples)
        return Admission(
            wanted.where,
            keys=frozenset(seen.union(keys[each] for each in excluded if each in keys))
            | wanted.shown,
            item_ids=excluded,
            barred=nobody
            if person.complete or subject.user_id is None
            else partial(self._barred_ever, subject.user_id, bars),
        )

    def _items(self, named: Collection[str], keys: dict[str, int]) -> dict[str, Candidate]:
        """Read items named in a request; those that do not exist are left out."""
        wanted = [keys[each] for each in named if each in keys]
        if not wanted:
            return {}
        known = self._catalog.candidates(wanted)
        return {each.item.item_id: each for each in known.values()}

    def _keys_of(self, names: frozenset[str]) -> dict[str, int]:
        """Look up ids named in a request; those of no existing item are left out."""
        ids = sorted(names)
        keys: dict[str, int] = {}
        for start in range(0, len(ids), MOST_IDS):
            keys.update(self._catalog.keys_of(ids[start : start + MOST_IDS]))
        return keys

    def _barred_ever(
        self, user_id: str, bars: Callable[[str], bool], ids: Collection[str]
    ) -> Collection[str]:
        touched = self._history.touched(user_id, ids)
        return [each for each, kinds in touched.items() if any(map(bars, kinds))]


def without(admission: Admission, held: Collection[Candidate]) -> Admission:
    """Keep out what has its place already."""
    return replace(admission, keys=admission.keys | {each.item.key for each in held})


def _hides(kind: str) -> bool:
    return kind == "hide"
