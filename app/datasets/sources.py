"""Which layout a data set has, and reading it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from app.datasets.amazon import amazon, is_amazon
from app.datasets.movielens import is_movielens, movielens
from app.datasets.online_retail import is_online_retail, online_retail
from app.datasets.tables import deed, tables, thing
from app.evaluation.errors import DatasetUnreadable
from app.evaluation.log import Deed, Log, Thing
from app.formats.plan import How
from app.interactions.history import Interactions
from indexer.catalogue import Catalogue

Layout = Literal["movielens", "online-retail", "amazon", "table"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """A data set on disk.

    Attributes:
        path: A file, or a folder of MovieLens.
        layout: None: told by what is there.
        items: A file that describes the items ("table", "amazon"), or None.
        how: How a table is to be read, as far as somebody said.
    """

    path: Path
    layout: Layout | None = None
    items: Path | None = None
    how: How | None = None


def load(source: Source, *, now: datetime, kinds: Collection[str]) -> Log:
    """Read a data set.

    Args:
        source: Where it is.
        now: In a table, interactions of later times are refused.
        kinds: What the type of an interaction in a table may be.

    Raises:
        DatasetUnreadable: A line is not as the layout says.
        FileError: A table cannot be read as rows.
    """
    match source.layout or told(source.path):
        case "movielens":
            return movielens(source.path)
        case "online-retail":
            return online_retail(source.path)
        case "amazon":
            return amazon(source.path, source.items)
        case "table":
            return tables(source.path, source.items, now=now, kinds=kinds, how=source.how)


def told(path: Path) -> Layout:
    """Tell a data set's layout by what is there; any file is a table if it is nothing else.

    Raises:
        DatasetUnreadable: It is a folder that holds no MovieLens.
    """
    if path.is_dir():
        if is_movielens(path):
            return "movielens"
        raise DatasetUnreadable(
            f"the folder {path} holds no MovieLens (ratings.csv, ratings.dat or u.data, each with "
            "its movies); of other data sets name a file"
        )
    if is_online_retail(path):
        return "online-retail"
    return "amazon" if is_amazon(path) else "table"


def own(interactions: Interactions, catalogue: Catalogue) -> Log:
    """Read the service's own interactions and items; those of items deleted since are left out.

    Raises:
        DatabaseUnavailable: SQL cannot be read.
    """
    things: dict[str, Thing] = {}
    for page in catalogue.pages(limit=AT_ONCE):
        things |= {each.item.item_id: thing(each.item) for each in page}
    deeds: list[Deed] = []
    after = 0
    while rows := interactions.page(after=after, limit=AT_ONCE):
        deeds += [deed(each) for _, each in rows if each.item_id in things]
        after = rows[-1][0]
    return Log.of("own", deeds, things.values())
