from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Delete
from tests.indexer.shop import MUG, at, put, rows, write


def test_a_deleted_item_leaves_only_a_tombstone(catalogue: Catalogue, database: Database) -> None:
    write(catalogue, put(MUG))

    (receipt,) = write(catalogue, Delete("mug", at(1)), now=at(1))

    assert (receipt.status, receipt.revision) == ("accepted", 2)
    assert catalogue.get("mug") is None
    assert catalogue.keys_of(["mug"]) == {}
    assert catalogue.count() == 0
    assert rows(database, "item_categories") == 0
    (tombstone,) = catalogue.page(deleted=True)
    assert tombstone.deleted_at == at(1)
    assert tombstone.item.title is None
    status = catalogue.status("mug")
    assert status is not None
    assert status.deleted_at == at(1)


def test_no_older_write_brings_a_deleted_item_back(catalogue: Catalogue) -> None:
    write(catalogue, put(MUG), Delete("mug", at(5)))

    (receipt,) = write(catalogue, put(MUG, 4))

    assert receipt.status == "superseded"
    assert catalogue.get("mug") is None


def test_an_item_deleted_before_it_was_told_of_stays_away(
    catalogue: Catalogue, database: Database
) -> None:
    (gone,) = write(catalogue, Delete("mug", at(5)))

    (late,) = write(catalogue, put(MUG, 4))

    assert (gone.status, gone.revision) == ("absent", None)
    assert late.status == "superseded"
    assert rows(database, "work") == 0
    assert catalogue.get("mug") is None


def test_deleting_twice_is_deleting_once(catalogue: Catalogue) -> None:
    write(catalogue, put(MUG), Delete("mug", at(1)))

    (again,) = write(catalogue, Delete("mug", at(2)))

    assert again.status == "absent"
    (tombstone,) = catalogue.page(deleted=True)
    assert (tombstone.revision, tombstone.as_of) == (2, at(2))


def test_a_newer_write_revives_an_item_under_its_key_with_a_higher_revision(
    catalogue: Catalogue,
) -> None:
    write(catalogue, put(MUG))
    key = catalogue.keys_of(["mug"])["mug"]
    write(catalogue, Delete("mug", at(1)))

    (receipt,) = write(catalogue, put(MUG, 2))

    assert (receipt.status, receipt.revision) == ("accepted", 3)
    assert catalogue.keys_of(["mug"]) == {"mug": key}
    assert [each.item.item_id for each in catalogue.newest(limit=5, category="mugs")] == ["mug"]
