"""Bulk import of items or interactions from a file, ours or other people's.

A row is held to the rules HTTP holds it to. A bad one is reported with its line and its reason, and
the good ones around it land. Memory stays bounded whatever the file holds. Importing a file again
changes nothing:

- items whose content is there already are left as they are, and a write that reached the catalogue
  after the import began is never undone by it;
- an interaction without `interaction_id` is given one made from its content and its line number, so
  the same line of the same file is the same interaction, while two equal lines are two. Whoever
  moves lines about between imports should give ids.

An import that is killed and started again goes on after the last batch that landed, as of the time
it first began; batches are remembered after they landed, so at worst one lands twice, which changes
nothing.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

import orjson

from app.api.interactions import InteractionBody, Known
from app.api.item_bodies import ItemBody
from app.feeds.checkpoints import Checkpoints
from app.formats.plan import How
from app.formats.rows import BadRowError
from app.import_run import Attention, Import, Rows
from app.interactions.interaction import BUILT_IN_KINDS, Interaction, InteractionReceipt
from app.tally import ImportReport
from indexer.items import Change, Put, Receipt


class ItemWriter(Protocol):
    """Where items go; the catalogue."""

    def write(
        self, changes: Sequence[Change], *, now: datetime, recorded: bool = True
    ) -> list[Receipt]:
        """Apply changes (`Catalogue.write`)."""
        ...


class InteractionWriter(Protocol):
    """Where interactions go."""

    def record(self, batch: Sequence[Interaction], *, now: datetime) -> list[InteractionReceipt]:
        """Keep interactions (`Interactions.record`)."""
        ...


def import_items(
    source: Path,
    catalogue: ItemWriter,
    *,
    now: datetime,
    how: How | None = None,
    checkpoints: Checkpoints | None = None,
    attention: Attention | None = None,
    purpose: str = "",
) -> ImportReport:
    """Import items, each a row as `POST /v1/items:batch` takes them, or translated to that.

    Args:
        source: A file, or STDIN.
        catalogue: Where they go.
        now: When the import began; writes that are newer are not overwritten.
        how: How the file is to be read, as far as somebody said.
        checkpoints: Where it is remembered how far an import came; None: nowhere.
        attention: Who is told what meanwhile.
        purpose: Keeps checkpoints of the same file read for different ends apart.

    Raises:
        FileError: The file cannot be read as rows of items; batches before the place landed.
        OSError: The file cannot be read.
        DatabaseUnavailable, StorageFull: Batches before this one landed; import again.
    """

    def read(_number: int, row: object, began: datetime) -> Put:
        body = ItemBody.model_validate(row)
        return Put(body.item(body.item_id), as_of=began)

    def write(rows: list[Put]) -> list[bool | str]:
        receipts = catalogue.write(rows, now=now, recorded=False)
        return [
            receipt.problem or "breaks a rule"
            if receipt.status == "invalid"
            else receipt.status == "accepted"
            for receipt in receipts
        ]

    rows = Rows("items", read, write, lambda put: put.item.item_id)
    return Import(rows, now, how, checkpoints, attention, purpose).run(source)


def import_interactions(
    source: Path,
    interactions: InteractionWriter,
    *,
    now: datetime,
    kinds: Collection[str] = BUILT_IN_KINDS,
    how: How | None = None,
    checkpoints: Checkpoints | None = None,
    attention: Attention | None = None,
) -> ImportReport:
    """Import interactions, each a row as `POST /v1/interactions` takes them, or translated to that.

    Args:
        source: A file, or STDIN.
        interactions: Where they go.
        now: The time of arrival.
        kinds: What "type" may be.
        how: How the file is to be read, as far as somebody said.
        checkpoints: Where it is remembered how far an import came; None: nowhere.
        attention: Who is told what meanwhile.

    Raises:
        FileError: The file cannot be read as rows of interactions; batches before landed.
        OSError: The file cannot be read.
        DatabaseUnavailable, StorageFull: Batches before this one landed; import again.
    """
    known = Known(tuple(kinds), now)

    def read(number: int, row: object, _began: datetime) -> Interaction:
        body = InteractionBody.model_validate(row, context=known)
        if body.timestamp is None:  # over HTTP that means now, but a file is about the past
            raise BadRowError("timestamp: Field required")
        given = body.interaction(now)
        return replace(given, interaction_id=given.interaction_id or _derived_id(number, body))

    def write(rows: list[Interaction]) -> list[bool | str]:
        return [each.status == "recorded" for each in interactions.record(rows, now=now)]

    rows = Rows("interactions", read, write, lambda _: None)
    return Import(rows, now, how, checkpoints, attention, "").run(source)


def _derived_id(number: int, body: InteractionBody) -> str:
    # What is not set is left out, so that a field added one day changes no id.
    said = body.model_dump(mode="json", exclude_none=True)
    content = orjson.dumps([number, said], option=orjson.OPT_SORT_KEYS)
    return f"import-{hashlib.sha256(content).hexdigest()}"
