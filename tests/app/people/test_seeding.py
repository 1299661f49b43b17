from dataclasses import replace
from datetime import timedelta

import pytest

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.people.errors import UnknownNames
from app.people.seeding import MAX_ITEMS, Seeding
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put
from tests.app.interactions.people import NOW, add_items, delete_item, did


@pytest.fixture
def seeding(database: Database) -> Seeding:
    return Seeding(Popularity(database), Catalogue(database))


def test_a_category_stands_for_its_most_popular_items_and_then_its_newest(
    database: Database, history: Interactions, seeding: Seeding
) -> None:
    aged = [
        Put(Item(f"mug-{n}", title="mug", categories=("Mugs",), created_at=NOW - timedelta(n)), NOW)
        for n in range(5)
    ]
    Catalogue(database).write(aged, now=NOW)
    add_items(database, "lamp-1", categories=["Lamps"])
    history.record([did("ann", "like", "mug-3"), did("ann", "view", "mug-4")], now=NOW)

    seed = seeding.categories(["Mugs", "Lamps", "Mugs"], label=None, weight=5.0, now=NOW)

    assert seed.items == ("mug-3", "mug-4", "mug-0", "lamp-1", "mug-1", "mug-2")
    assert seed.label == "Mugs, Lamps"


def test_categories_take_turns_up_to_a_bound(
    database: Database, history: Interactions, seeding: Seeding
) -> None:
    for kind in ("mug", "lamp"):
        add_items(database, *(f"{kind}-{n:02}" for n in range(30)), categories=[kind])
    history.record([did("ann", "like", f"mug-{n:02}") for n in range(30)], now=NOW)
    history.record([did("ann", "like", f"lamp-{n:02}") for n in range(30)], now=NOW)

    seed = seeding.categories(["mug", "lamp"], label=None, weight=5.0, now=NOW)

    assert len(seed.items) == MAX_ITEMS
    assert sum(each.startswith("lamp") for each in seed.items) == MAX_ITEMS // 2


def test_categories_without_anything_to_be_had_are_named(
    database: Database, seeding: Seeding
) -> None:
    add_items(database, "mug-1", categories=["Mugs"])
    add_items(database, "lamp-1", categories=["Lamps"], available=False)

    with pytest.raises(UnknownNames, match="'Lamps', 'Hats'"):
        seeding.categories(["Mugs", "Lamps", "Hats"], label=None, weight=5.0, now=NOW)


def test_chosen_items_are_labelled_with_their_titles(database: Database, seeding: Seeding) -> None:
    add_items(database, "one", "two", "three", "four")

    seed = seeding.items(["four", "two", "four", "one"], label=None, weight=5.0, now=NOW)

    assert seed.items == ("four", "two", "one")
    assert seed.label == "four, two, one"


def test_items_that_do_not_exist_are_named(database: Database, seeding: Seeding) -> None:
    add_items(database, "one", "gone")
    delete_item(database, "gone")

    with pytest.raises(UnknownNames, match="'gone', \"o'neil\""):
        seeding.items(["one", "gone", "o'neil"], label=None, weight=5.0, now=NOW)


def test_words_label_themselves_unless_they_are_given_a_label(seeding: Seeding) -> None:
    seed = seeding.words("blue\n  cups " + 300 * "x", label=None, weight=2.0, now=NOW)
    called = seeding.words("blue cups", label="A gift", weight=2.0, now=NOW)

    assert seed.label == "blue cups " + 189 * "x" + "…"
    assert len(seed.label) == 200
    assert called == replace(seed, label="A gift", words="blue cups")
    assert seeding.picture(label=None, weight=2.0, now=NOW).label == "picture"
