"""Applying changes to items: decide in memory, in order; then write in bulk, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from indexer import rules
from indexer.claims import enqueue
from indexer.database import slices, upsert
from indexer.drafts import Draft, Drafts, item_id
from indexer.errors import InvalidItem
from indexer.items import Change, Patch, Put, Receipt, ReceiptStatus, checked, checked_id
from indexer.stored import STORED, content
from indexer.tables import item_categories, items, operations

MAX_WEBHOOK_ID = 256


class CreationRaceError(Exception):
    """Another transaction created one of the items meanwhile: roll back and begin anew."""


@dataclass(frozen=True, slots=True)
class _Record:
    """An operation to keep, once its item has a key."""

    operation_id: str
    draft: Draft
    revision: int
    kind: str
    status: ReceiptStatus
    webhook_id: str | None


class ChangeBatch:
    """Changes applied inside one write transaction."""

    def __init__(self, connection: Connection, *, now: datetime, recorded: bool) -> None:
        self._connection = connection
        self._now = now
        self._recorded = recorded
        self._repeats: dict[str, Receipt] = {}
        self._records: list[_Record] = []

    def apply(self, changes: Sequence[Change]) -> list[Receipt]:
        """Apply changes in order; one receipt each.

        Raises:
            CreationRaceError, IntegrityError: Another transaction was quicker with an item or a
                webhook: roll back and begin anew.
        """
        held = [_held_to_the_rules(change) for change in changes]
        valid = [change for change in held if not isinstance(change, Receipt)]
        self._repeats = self._earlier({each for change in valid if (each := _webhook_id(change))})
        drafts = Drafts(self._locked({item_id(change) for change in valid}), now=self._now)
        receipts = [
            change if isinstance(change, Receipt) else self._receipt(change, drafts)
            for change in held
        ]
        self._write(drafts)
        return receipts

    def _earlier(self, webhook_ids: set[str]) -> dict[str, Receipt]:
        """Read what webhooks that were here before were answered."""
        found = {}
        for part in slices(sorted(webhook_ids)):
            rows = self._connection.execute(
                select(operations).where(operations.c.webhook_id.in_(part))
            )
            for row in rows:
                revision = None if row.status == "absent" else row.revision
                receipt = Receipt(row.item_id, row.status, row.operation_id, revision)
                found[row.webhook_id] = receipt
        return found

    def _locked(self, item_ids: set[str]) -> list[Draft]:
        drafts = []
        for part in slices(sorted(item_ids)):
            rows = self._connection.execute(
                select(*STORED)
                .where(items.c.item_id.in_(part))
                .order_by(items.c.key)
                .with_for_update()
            )
            for row in rows:
                draft = Draft(
                    key=row.key,
                    revision=row.revision,
                    item=content(row),
                    as_of=row.as_of,
                    received_at=row.received_at,
                    deleted_at=row.deleted_at,
                    image_digest=row.image_digest,
                    touched=False,
                )
                drafts.append(draft)
        return drafts

    def _receipt(self, change: Change, drafts: Drafts) -> Receipt:
        webhook_id = _webhook_id(change)
        if webhook_id is not None and webhook_id in self._repeats:
            return self._repeats[webhook_id]
        try:
            decision = drafts.decide(change)
        except InvalidItem as error:
            return _invalid(change, error)
        draft, status = decision.draft, decision.status
        if draft is None:
            return Receipt(item_id(change), status, None, None)
        operation_id = None
        if self._recorded or webhook_id is not None:
            operation_id = str(uuid4())
            self._records.append(
                _Record(operation_id, draft, draft.revision, _kind(change), status, webhook_id)
            )
        revision = None if status == "absent" else draft.revision
        receipt = Receipt(item_id(change), status, operation_id, revision)
        if webhook_id is not None:
            self._repeats[webhook_id] = receipt
        return receipt

    def _write(self, drafts: Drafts) -> None:
        self._insert(drafts.new())
        kept = drafts.kept()
        self._update({key: draft for key, draft in kept.items() if draft.touched})
        self._list_anew({key: draft for key, draft in kept.items() if draft.listed_anew})
        enqueue(
            self._connection,
            {key: draft.revision for key, draft in kept.items() if draft.changed},
            now=self._now,
        )
        self._record()

    def _insert(self, new: Sequence[Draft]) -> None:
        """Insert items and take their keys; they come in order, so that no two wait in a circle."""
        if not new:
            return
        statement = (
            upsert(self._connection, items)
            .on_conflict_do_nothing(index_elements=[items.c.item_id])
            .returning(items.c.key, items.c.item_id)
        )
        rows = [{"item_id": draft.item.item_id, "fence": 0, **_columns(draft)} for draft in new]
        keys = {row.item_id: row.key for row in self._connection.execute(statement, rows)}
        if len(keys) < len(new):
            raise CreationRaceError
        for draft in new:
            draft.key = keys[draft.item.item_id]
            draft.touched = False

    def _update(self, touched: Mapping[int, Draft]) -> None:
        changed = [
            {"at_key": key, **_columns(draft)} for key, draft in touched.items() if draft.changed
        ]
        timed = [
            {"at_key": key, "as_of": draft.as_of, "received_at": draft.received_at}
            for key, draft in touched.items()
            if not draft.changed
        ]
        for rows in (changed, timed):
            if rows:
                statement = update(items).where(items.c.key == bindparam("at_key"))
                self._connection.execute(statement, rows)

    def _list_anew(self, listed: Mapping[int, Draft]) -> None:
        for keys in slices(list(listed)):
            self._connection.execute(
                delete(item_categories).where(item_categories.c.item_key.in_(keys))
            )
        rows = [
            {
                "category": category,
                "item_key": key,
                "available": draft.item.available,
                "created_at": draft.item.created_at,
                "item_id": draft.item.item_id,
            }
            for key, draft in listed.items()
            for category in draft.item.categories
        ]
        if rows:
            self._connection.execute(insert(item_categories), rows)

    def _record(self) -> None:
        # In order of webhook ids, so that no two transactions wait for each other in a circle.
        rows = [
            {
                "operation_id": record.operation_id,
                "item_key": record.draft.key,
                "item_id": record.draft.item.item_id,
                "revision": record.revision,
                "kind": record.kind,
                "status": record.status,
                "webhook_id": record.webhook_id,
                "received_at": self._now,
            }
            for record in sorted(self._records, key=lambda record: record.webhook_id or "")
        ]
        if rows:
            self._connection.execute(insert(operations), rows)


def _held_to_the_rules(change: Change) -> Change | Receipt:
    """Return a change in normal form, or the receipt that says which rule it breaks."""
    try:
        as_of = rules.an_instant("as_of", change.as_of)
        webhook_id = _webhook_id(change)
        if webhook_id is not None:
            rules.a_text("webhook_id", webhook_id, MAX_WEBHOOK_ID)
        if isinstance(change, Put):
            return replace(change, item=checked(change.item), as_of=as_of)
        return replace(change, item_id=checked_id("item_id", change.item_id), as_of=as_of)
    except InvalidItem as error:
        return _invalid(change, error)


def _invalid(change: Change, error: InvalidItem) -> Receipt:
    return Receipt(item_id(change), "invalid", None, None, str(error))


def _webhook_id(change: Change) -> str | None:
    return None if isinstance(change, Patch) else change.webhook_id


def _kind(change: Change) -> str:
    return type(change).__name__.lower()


def _columns(draft: Draft) -> dict[str, Any]:
    item = draft.item
    return {
        "revision": draft.revision,
        "title": item.title,
        "description": item.description,
        "image_url": item.image_url,
        "categories": list(item.categories),
        "price": item.price,
        "available": item.available,
        "created_at": item.created_at,
        "attributes": dict(item.attributes or {}),
        "as_of": draft.as_of,
        "received_at": draft.received_at,
        "deleted_at": draft.deleted_at,
        "image_digest": draft.image_digest,
    }
