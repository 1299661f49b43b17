"""What an import would do: writers that answer as the real ones would, and write nothing."""

from collections.abc import Sequence
from datetime import datetime

from app.interactions.history import Interactions
from app.interactions.interaction import Interaction, InteractionReceipt
from indexer.catalogue import Catalogue
from indexer.drafts import Draft, Drafts
from indexer.errors import InvalidItem
from indexer.items import Change, Item, Put, Receipt, StoredItem, checked

SHOWN = 3


class RehearsedItems:
    """A catalogue that decides as the real one and keeps nothing.

    Attributes:
        first: The first items that would land, at most SHOWN.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.first: list[Item] = []

    def write(
        self, changes: Sequence[Change], *, now: datetime, recorded: bool = True
    ) -> list[Receipt]:
        """Answer as `Catalogue.write` would, for puts; an item deleted before counts as new."""
        del recorded
        ids = {change.item.item_id for change in changes if isinstance(change, Put)}
        keys = self._catalogue.keys_of(ids)
        held = self._catalogue.by_keys([*keys.values()])
        drafts = Drafts([_draft(each) for each in held.values()], now=now)
        return [self._receipt(change, drafts) for change in changes if isinstance(change, Put)]

    def _receipt(self, change: Put, drafts: Drafts) -> Receipt:
        item_id = change.item.item_id
        try:
            item = checked(change.item)
        except InvalidItem as error:
            return Receipt(item_id, "invalid", None, None, str(error))
        decision = drafts.decide(Put(item, as_of=change.as_of))
        if decision.status == "accepted" and len(self.first) < SHOWN:
            self.first.append(item)
        return Receipt(item_id, decision.status, None, None)


class RehearsedInteractions:
    """A history that decides as the real one and keeps nothing.

    Attributes:
        first: The first interactions that would land, at most SHOWN.
    """

    def __init__(self, interactions: Interactions) -> None:
        self._interactions = interactions
        self.first: list[Interaction] = []

    def record(self, batch: Sequence[Interaction], *, now: datetime) -> list[InteractionReceipt]:
        """Answer as `Interactions.record` would, but for whether items are known."""
        del now
        known = set(self._interactions.kept_ids([each.interaction_id or "" for each in batch]))
        receipts = []
        for each in batch:
            new = each.interaction_id is None or each.interaction_id not in known
            known |= {each.interaction_id or ""}
            if new and len(self.first) < SHOWN:
                self.first.append(each)
            status = InteractionReceipt("recorded" if new else "duplicate", item_known=False)
            receipts.append(status)
        return receipts


def _draft(held: StoredItem) -> Draft:
    return Draft(
        key=held.key,
        revision=held.revision,
        item=held.item,
        as_of=held.as_of,
        received_at=held.received_at,
        deleted_at=held.deleted_at,
        image_digest=held.image_digest,
        touched=False,
    )
