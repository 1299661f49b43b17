from datetime import datetime

import pytest

from indexer.catalogue import Catalogue
from indexer.items import Delete, Item, Patch
from tests.indexer.shop import MUG, at, put, write


def test_a_thousand_changes_are_one_call_and_more_are_refused(catalogue: Catalogue) -> None:
    many = [put(Item(f"item-{n}", title=f"Number {n}", categories=("all",))) for n in range(1_001)]

    receipts = write(catalogue, *many[:1_000])

    assert {each.status for each in receipts} == {"accepted"}
    keys = catalogue.keys_of([f"item-{n}" for n in range(1_000)])
    assert len(catalogue.candidates(keys.values())) == 1_000
    assert len(catalogue.by_keys(keys.values())) == 1_000
    assert catalogue.last_key() >= max(keys.values())
    with pytest.raises(ValueError, match="1,001 changes at once, but at most 1,000"):
        write(catalogue, *many)


def test_pages_follow_the_keys(catalogue: Catalogue) -> None:
    write(catalogue, *(put(Item(f"item-{n}", title="x")) for n in range(5)))
    write(catalogue, Delete("item-2", at(1)))

    first = catalogue.page(limit=2)
    second = catalogue.page(after=first[-1].key, limit=9)

    assert [each.item.item_id for each in first + second] == [
        "item-0",
        "item-1",
        "item-3",
        "item-4",
    ]
    assert len(catalogue.page(deleted=True)) == 5


def test_what_was_created_before_a_moment_or_up_to_a_key_is_told_in_pages_by_its_keys(
    catalogue: Catalogue,
) -> None:
    write(catalogue, *(put(Item(f"item-{n}", title="x", created_at=at(n))) for n in range(6)))
    write(catalogue, Delete("item-2", at(9)))
    keys = catalogue.keys_of([f"item-{n}" for n in range(6)])

    pages = list(catalogue.keys(before=at(5), limit=3))

    assert pages == [[keys[f"item-{n}"] for n in (0, 1, 3)], [keys["item-4"]]]
    assert list(catalogue.keys(before=at(0), limit=3)) == []
    assert list(catalogue.keys(up_to=keys["item-3"], limit=9)) == [
        [keys[f"item-{n}"] for n in (0, 1, 3)]
    ]


def test_candidates_tell_what_an_answer_shows_and_leave_deleted_items_out(
    catalogue: Catalogue,
) -> None:
    drawn = Item("drawn", title="Drawn", image_url="data:image/png;base64,AAAA", price=2.0)
    write(catalogue, put(MUG), put(drawn), put(Item("gone", title="Gone")))
    keys = catalogue.keys_of(["mug", "drawn", "gone"])
    write(catalogue, Delete("gone", at(1)))

    found = catalogue.candidates(keys.values())

    assert set(found) == {keys["mug"], keys["drawn"]}
    mug = found[keys["mug"]]
    assert (mug.title, mug.revision, mug.indexed_revision) == ("A blue mug", 1, None)
    assert mug.item.categories == ("kitchen", "mugs")
    assert found[keys["drawn"]].image_url is None


def test_present_are_items_that_were_told_of_and_not_deleted(catalogue: Catalogue) -> None:
    write(catalogue, put(MUG), put(Item("gone", title="Gone")))
    keys = catalogue.keys_of(["mug", "gone"])
    write(catalogue, Delete("gone", at(1)))

    there = catalogue.present([*keys.values(), 4_711])

    assert there == {keys["mug"]}
    assert catalogue.present([]) == set()


def test_the_newest_come_first_and_ties_end_in_the_id(catalogue: Catalogue) -> None:
    ages = {"a": 1, "b": 3, "c": 2, "d": 3, "hidden": 9, "gone": 9}
    write(
        catalogue,
        *(
            put(
                Item(
                    name,
                    title="x",
                    categories=("odd",) if age % 2 else (),
                    available=name != "hidden",
                    created_at=at(age),
                )
            )
            for name, age in ages.items()
        ),
    )
    write(catalogue, Delete("gone", at(1)))

    def ids(limit: int = 9, category: str | None = None, before: datetime | None = None) -> str:
        found = catalogue.newest(limit=limit, category=category, before=before)
        return "".join(each.item.item_id for each in found)

    assert ids() == "bdca"
    assert ids(limit=2) == "bd"
    assert ids(category="odd") == "bda"
    assert ids(category="none") == ""
    assert ids(before=at(3)) == "ca"
    assert ids(category="odd", before=at(3)) == "a"


def test_an_item_that_is_sold_out_leaves_the_newest_of_its_category(catalogue: Catalogue) -> None:
    write(catalogue, put(MUG))

    write(catalogue, Patch("mug", {"available": False}, at(1)))

    assert catalogue.newest(limit=9, category="mugs") == []


def test_the_status_of_an_item_never_seen_is_none(catalogue: Catalogue) -> None:
    assert catalogue.status("nobody") is None
    assert catalogue.operation("nothing") is None
