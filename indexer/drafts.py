"""Items while a batch of changes is applied: what each change does to them, decided in memory."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from indexer.items import Change, Delete, Item, Put, ReceiptStatus, patched


@dataclass(slots=True)
class Draft:
    """An item as the batch will leave it.

    Attributes:
        key: None until it is inserted.
        deleted_at: Set on a tombstone, whose item is empty but for its id and `created_at`.
        touched: Whether its times must be written.
        changed: Whether its content must be written and indexed.
        listed_anew: Whether its rows by category must be written.
    """

    key: int | None
    revision: int
    item: Item
    as_of: datetime
    received_at: datetime
    deleted_at: datetime | None = None
    image_digest: str | None = None
    touched: bool = True
    changed: bool = False
    listed_anew: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a change.

    Attributes:
        status: See `Receipt`.
        draft: The item it concerns; None when there is none to speak of.
    """

    status: ReceiptStatus
    draft: Draft | None


class Drafts:
    """The items a batch concerns, as they were and then as it will leave them."""

    def __init__(self, held: Iterable[Draft], *, now: datetime) -> None:
        self._drafts = {draft.item.item_id: draft for draft in held}
        self._now = now

    def new(self) -> list[Draft]:
        """Those that are in no table yet, in order of ids."""
        unkept = [draft for draft in self._drafts.values() if draft.key is None]
        return sorted(unkept, key=lambda draft: draft.item.item_id)

    def kept(self) -> dict[int, Draft]:
        """Those that are in the table, by key and in its order."""
        keyed = {draft.key: draft for draft in self._drafts.values() if draft.key is not None}
        return dict(sorted(keyed.items()))

    def decide(self, change: Change) -> Decision:
        """Apply one change in normal form.

        Raises:
            InvalidItem: The patched item breaks a rule; nothing has changed.
        """
        draft = self._drafts.get(item_id(change))
        if draft is not None and change.as_of < draft.as_of:
            return Decision("superseded", draft)
        if isinstance(change, Delete):
            return self._delete(change, draft)
        if isinstance(change, Put):
            return self._put(change.item, change.as_of, draft)
        if draft is None or draft.deleted_at is not None:
            return Decision("absent", None)
        return self._put(patched(draft.item, change.fields), change.as_of, draft)

    def _put(self, item: Item, as_of: datetime, draft: Draft | None) -> Decision:
        if draft is None:
            created_at = item.created_at or self._now
            draft = Draft(None, 0, replace(item, created_at=created_at), as_of, self._now)
            draft.deleted_at = self._now
            self._drafts[item.item_id] = draft
        item = replace(item, created_at=item.created_at or draft.item.created_at)
        self._advance(draft, as_of)
        if draft.deleted_at is None and _same(draft.item, item):
            return Decision("unchanged", draft)
        if item.image_url != draft.item.image_url:
            draft.image_digest = None
        draft.listed_anew |= draft.deleted_at is not None or _listing(item) != _listing(draft.item)
        draft.deleted_at = None
        draft.item = item
        draft.revision += 1
        draft.changed = True
        return Decision("accepted", draft)

    def _delete(self, change: Delete, draft: Draft | None) -> Decision:
        if draft is None:
            nothing = Item(change.item_id, available=False, created_at=self._now, attributes={})
            draft = Draft(None, 1, nothing, change.as_of, self._now, deleted_at=self._now)
            self._drafts[change.item_id] = draft
            return Decision("absent", draft)
        self._advance(draft, change.as_of)
        if draft.deleted_at is not None:
            return Decision("absent", draft)
        draft.item = Item(
            change.item_id, available=False, created_at=draft.item.created_at, attributes={}
        )
        draft.image_digest = None
        draft.deleted_at = self._now
        draft.revision += 1
        draft.changed = draft.listed_anew = True
        return Decision("accepted", draft)

    def _advance(self, draft: Draft, as_of: datetime) -> None:
        draft.as_of = as_of
        draft.received_at = self._now
        draft.touched = True


def item_id(change: Change) -> str:
    """Tell which item a change is about."""
    return change.item.item_id if isinstance(change, Put) else change.item_id


def _listing(item: Item) -> tuple[object, ...]:
    """What an item's rows by category hold of it."""
    return frozenset(item.categories), item.available, item.created_at


def _same(held: Item, given: Item) -> bool:
    """Whether two contents are the same; 1, 1.0 and true are three values in JSON."""
    plain = (replace(each, attributes=None) for each in (held, given))
    written = (json.dumps(each.attributes or {}, sort_keys=True) for each in (held, given))
    return next(plain) == next(plain) and next(written) == next(written)
