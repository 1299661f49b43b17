"""What a log says, as a shop would have told it: items for the catalogue, and what people did."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from app.evaluation.errors import NothingToEvaluate
from app.evaluation.log import Log, Thing
from app.evaluation.splits import moment
from app.interactions.interaction import Interaction
from indexer.items import Item


def items_of(log: Log) -> list[Item]:
    """Return the items of a log, in its order.

    An item without title, description and picture is called by its id, as one without any of them
    cannot be written. Where it is not known since when an item has been there, it is since the
    first interaction with it, or where there is none, the last of all.

    Raises:
        NothingToEvaluate: Nothing may be learned from.
    """
    return [_item(each, at) for each, at in zip(log.things, _created(log), strict=True)]


def interactions_of(log: Log, rows: Sequence[int]) -> list[Interaction]:
    """Return some rows of a log, in their order."""
    return [
        Interaction(
            log.people[log.person[row]],
            log.things[log.item[row]].item_id,
            log.kinds[log.kind[row]],
            None if np.isnan(log.value[row]) else float(log.value[row]),
            moment(float(log.when[row])),
        )
        for row in rows
    ]


def _item(thing: Thing, created_at: datetime) -> Item:
    said = thing.title or thing.description or thing.image_url
    return Item(
        thing.item_id,
        thing.title if said else thing.item_id,
        thing.description,
        thing.image_url,
        thing.categories,
        thing.price,
        created_at=thing.created_at or created_at,
    )


def _created(train: Log) -> list[datetime]:
    """Return when each item was first touched, those that never were with the last of all."""
    if len(train) == 0:
        raise NothingToEvaluate("there are no interactions to learn from")
    first = np.full(len(train.things), train.when.max())
    np.minimum.at(first, train.item, train.when)
    return [moment(each) for each in first.tolist()]
