"""Anybody's tables are read as import reads them; the service's own rows say the same."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.datasets.sources import Source, load, own
from app.evaluation.errors import DatasetUnreadable
from app.formats.columns import Reading
from app.formats.errors import ColumnsUnclear
from app.formats.plan import How
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import BUILT_IN_KINDS, Interaction
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CLICKS = "wer;was;wann;wie\nana;mug-1;2026-05-04 09:30;view\nben;mug-2;2026-05-03 09:30;buy\n"
GERMAN = How(
    reading=Reading({"wer": "user_id", "was": "item_id", "wann": "timestamp", "wie": "type"})
)


def test_columns_are_mapped_and_items_described(tmp_path: Path) -> None:
    clicks, items = tmp_path / "clicks.csv", tmp_path / "items.csv"
    clicks.write_text(CLICKS)
    items.write_text("sku,title,category\nmug-1,Red mug,Mugs\nmug-3,Wok,Pans\n")

    held = load(Source(clicks, items=items, how=GERMAN), now=NOW, kinds=BUILT_IN_KINDS)

    assert held.people == ("ana", "ben")
    assert held.kinds == ("purchase", "view")
    assert held.person.tolist() == [1, 0]
    assert [each.item_id for each in held.things] == ["mug-1", "mug-2", "mug-3"]
    assert (held.things[0].title, held.things[0].categories) == ("Red mug", ("Mugs",))


def test_a_table_with_a_bad_row_is_refused_with_its_line(tmp_path: Path) -> None:
    clicks = tmp_path / "clicks.csv"
    clicks.write_text(
        "user_id,item_id,type,timestamp\na,x,view,2026-05-04\nb,y,glance,2026-05-04\n"
    )

    with pytest.raises(DatasetUnreadable, match=r"clicks.csv has 1 bad rows: line 3: type"):
        load(Source(clicks), now=NOW, kinds=BUILT_IN_KINDS)


def test_columns_that_cannot_be_told_are_asked_for(tmp_path: Path) -> None:
    clicks = tmp_path / "clicks.csv"
    clicks.write_text(CLICKS)

    with pytest.raises(ColumnsUnclear, match="--map"):
        load(Source(clicks), now=NOW, kinds=BUILT_IN_KINDS)


def test_the_services_own_interactions_are_those_with_items_that_exist(database: Database) -> None:
    catalogue = Catalogue(database)
    interactions = Interactions(database, Popularity(database))
    catalogue.write([Put(Item("mug-1", "Red mug", categories=("Mugs",)), as_of=NOW)], now=NOW)
    done = [Interaction("ana", item, "view", None, NOW) for item in ("mug-1", "gone")]
    interactions.record(done, now=NOW)

    held = own(interactions, catalogue)

    assert len(held) == 1
    assert held.things[0].categories == ("Mugs",)
    assert held.when.tolist() == [NOW.timestamp()]
