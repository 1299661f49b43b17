"""Anybody's own tables: interactions, and items where they are described, in any format of import.

They are read as `kindred import` reads them: the same guesses at columns, the same mapping, the
same rules a row is held to.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.evaluation.errors import DatasetUnreadable
from app.evaluation.log import Deed, Log, Thing
from app.formats.plan import How
from app.imports import import_interactions, import_items
from app.interactions.interaction import Interaction, InteractionReceipt
from app.tally import ImportReport
from indexer.items import Change, Item, Put, Receipt

MOST_TOLD = 3
"""Bad rows a message names."""


@dataclass(slots=True)
class _Kept:
    """Keeps what import would write."""

    deeds: list[Deed] = field(default_factory=list)

    def record(self, batch: Sequence[Interaction], *, now: datetime) -> list[InteractionReceipt]:  # noqa: ARG002 - as InteractionWriter has it
        self.deeds += [deed(each) for each in batch]
        return [InteractionReceipt("recorded", item_known=True)] * len(batch)


@dataclass(slots=True)
class _KeptItems:
    """Keeps the items import would write; of equal ids the last."""

    things: dict[str, Thing] = field(default_factory=dict)

    def write(
        self,
        changes: Sequence[Change],
        *,
        now: datetime,  # noqa: ARG002 - as ItemWriter has it
        recorded: bool = True,  # noqa: ARG002 - as ItemWriter has it
    ) -> list[Receipt]:
        items = [change.item for change in changes if isinstance(change, Put)]
        self.things |= {each.item_id: thing(each) for each in items}
        return [Receipt(each.item_id, "accepted", None, None) for each in items]


def deed(interaction: Interaction) -> Deed:
    """Take from an interaction what evaluation looks at."""
    return Deed(
        interaction.user_id,
        interaction.item_id,
        interaction.kind,
        interaction.value,
        interaction.happened_at.timestamp(),
    )


def thing(item: Item) -> Thing:
    """Take from an item what evaluation looks at."""
    return Thing(
        item.item_id,
        item.title,
        item.description,
        item.image_url,
        item.categories,
        item.price,
        item.created_at,
        item.attributes or {},
    )


def tables(
    interactions: Path,
    items: Path | None,
    *,
    now: datetime,
    kinds: Collection[str],
    how: How | None = None,
) -> Log:
    """Read a table of interactions, and one of items.

    Args:
        interactions: In any format `kindred import interactions` takes.
        items: In any that `kindred import items` takes; None: nothing is known of them.
        now: Interactions of later times are refused.
        kinds: What "type" may be.
        how: How the table of interactions is to be read, as far as somebody said.

    Raises:
        DatasetUnreadable: A row breaks a rule: what is evaluated must be whole.
        FileError: A file cannot be read as rows.
    """
    kept, things = _Kept(), _KeptItems()
    _whole(
        interactions,
        import_interactions(interactions, kept, now=now, kinds=kinds, how=how),
    )
    if items is not None:
        _whole(items, import_items(items, things, now=now))
    return Log.of(interactions.name.split(".")[0], kept.deeds, things.things.values())


def _whole(file: Path, report: ImportReport) -> None:
    if report.bad:
        told = "; ".join(
            f"{report.unit} {each.line:,}: {each.reason}" for each in report.problems[:MOST_TOLD]
        )
        raise DatasetUnreadable(f"{file.name} has {report.bad:,} bad rows: {told}")
