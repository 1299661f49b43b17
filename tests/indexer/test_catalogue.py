from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.errors import StorageFull
from indexer.items import Change, Delete, Item, Patch, Put, Receipt
from indexer.queue import WorkQueue
from tests.indexer.shop import MUG, NOON, at, put, rows, write


def test_a_new_item_is_kept_and_queued_and_its_operation_recorded(
    catalogue: Catalogue, database: Database
) -> None:
    (receipt,) = write(catalogue, put(MUG))

    held = catalogue.get("mug")
    assert held is not None
    assert held.item == replace(MUG, created_at=NOON, attributes={})
    assert (receipt.status, receipt.revision) == ("accepted", 1)
    (claim,) = WorkQueue(database).claim("me", limit=9, lease=timedelta(seconds=9), now=NOON)
    assert (claim.item_key, claim.revision) == (held.key, 1)
    assert receipt.operation_id is not None
    operation = catalogue.operation(receipt.operation_id)
    assert operation is not None
    assert (operation.item_id, operation.revision, operation.kind) == ("mug", 1, "put")


def test_all_that_an_item_holds_comes_back_as_it_was_written(catalogue: Catalogue) -> None:
    item = Item(
        "caf\u00e9 'n\"\\%",
        title="\u2603 \U0001f600 ; DROP TABLE items --",
        description="two\nlines",
        image_url="https://host/picture.png",
        categories=("a'b", "c\\d"),
        price=0.1,
        available=False,
        created_at=datetime(1, 1, 1, tzinfo=UTC),
        attributes={"big": 2**62, "nested": {"a": [1, 1.5, None, True]}, "": "empty"},
    )

    write(catalogue, put(item))

    held = catalogue.get(item.item_id)
    assert held is not None
    assert held.item == item


def test_the_same_content_again_makes_no_revision_but_advances_the_time(
    catalogue: Catalogue,
) -> None:
    write(catalogue, put(MUG))

    (again,) = write(catalogue, put(MUG, 5), now=at(6))
    (older,) = write(catalogue, put(replace(MUG, title="Older"), 4), now=at(7))

    held = catalogue.get("mug")
    assert held is not None
    assert (held.revision, held.as_of, held.received_at) == (1, at(5), at(6))
    assert (again.status, again.revision) == ("unchanged", 1)
    assert again.operation_id is not None
    assert (older.status, older.revision) == ("superseded", 1)
    assert held.item.title == "A blue mug"


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ({"a": 1}, {"a": True}, "accepted"),
        ({"a": 1}, {"a": 1.0}, "accepted"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "unchanged"),
        ({}, None, "unchanged"),
    ],
)
def test_attributes_are_compared_as_json(
    catalogue: Catalogue, first: dict[str, object], second: dict[str, object], status: str
) -> None:
    write(catalogue, put(replace(MUG, attributes=first)))

    (receipt,) = write(catalogue, put(replace(MUG, attributes=second)))

    assert receipt.status == status


def test_of_equal_times_the_later_arrival_wins(catalogue: Catalogue) -> None:
    write(catalogue, put(MUG), put(replace(MUG, title="Later")))

    held = catalogue.get("mug")

    assert held is not None
    assert (held.item.title, held.revision) == ("Later", 2)


def test_a_repeated_webhook_gives_the_first_receipt_again(catalogue: Catalogue) -> None:
    first, twin = write(
        catalogue, put(MUG, 0, "hook-1"), put(replace(MUG, title="Twin"), 1, "hook-1")
    )

    (again,) = write(catalogue, put(replace(MUG, title="Again"), 9, "hook-1"))
    (other,) = write(catalogue, put(replace(MUG, title="Other"), 9, "hook-2"))

    assert first == twin == again
    held = catalogue.get("mug")
    assert held is not None
    assert (held.item.title, other.revision) == ("Other", 2)


def test_a_repeated_webhook_of_each_kind_gives_the_first_receipt_again(
    catalogue: Catalogue,
) -> None:
    changes: list[Change] = [
        put(MUG, 5, "accepted"),
        put(MUG, 6, "unchanged"),
        put(MUG, 1, "superseded"),
        Delete("nobody", NOON, "absent"),
        Delete("mug", at(7), "deleted"),
    ]
    first = write(catalogue, *changes)

    again = write(catalogue, *changes, now=at(9))

    assert again == first
    assert [each.status for each in first] == [
        "accepted",
        "unchanged",
        "superseded",
        "absent",
        "accepted",
    ]


def test_a_patch_replaces_the_fields_it_names(catalogue: Catalogue) -> None:
    write(catalogue, put(MUG))

    (receipt,) = write(catalogue, Patch("mug", {"price": 3, "created_at": None}, at(1)))

    held = catalogue.get("mug")
    assert held is not None
    assert (receipt.status, receipt.revision) == ("accepted", 2)
    assert held.item == replace(MUG, price=3.0, created_at=NOON, attributes={})


def test_a_patch_of_nothing_leaves_nothing(catalogue: Catalogue, database: Database) -> None:
    (receipt,) = write(catalogue, Patch("mug", {"price": 3}, NOON))

    assert receipt == Receipt("mug", "absent", None, None)
    assert rows(database, "items") == rows(database, "operations") == 0


def test_a_patch_by_wrong_names_or_older_than_the_item_changes_nothing(
    catalogue: Catalogue,
) -> None:
    write(catalogue, put(MUG, 5))

    wrong, older = write(
        catalogue, Patch("mug", {"prise": 3}, at(9)), Patch("mug", {"price": 3}, at(4))
    )

    assert wrong.status == "invalid"
    assert "did you mean 'price'" in (wrong.problem or "")
    assert older.status == "superseded"
    held = catalogue.get("mug")
    assert held is not None
    assert (held.item.price, held.as_of) == (9.5, at(5))


def test_an_invalid_change_does_not_hinder_the_others(catalogue: Catalogue) -> None:
    receipts = write(
        catalogue,
        put(replace(MUG, price=-1.0)),
        put(Item("cup", title="A cup")),
        Delete("a/b", NOON),
        Put(Item("jug", title="A jug"), datetime(2026, 1, 1)),  # noqa: DTZ001 - the point
        put(Item("pot", title="A pot"), 0, "x" * 300),
    )

    assert [each.status for each in receipts] == [
        "invalid",
        "accepted",
        "invalid",
        "invalid",
        "invalid",
    ]
    assert [(each.problem or "")[:10] for each in receipts] == [
        "price is -",
        "",
        "item_id is",
        "as_of is d",
        "webhook_id",
    ]
    assert catalogue.count() == 1


def test_a_batch_may_change_one_item_again_and_again(catalogue: Catalogue) -> None:
    receipts = write(
        catalogue,
        put(MUG),
        Patch("mug", {"price": 1}, at(1)),
        Delete("mug", at(2)),
        put(replace(MUG, title="Back"), 3),
        put(replace(MUG, title="Back"), 4),
    )

    assert [each.revision for each in receipts] == [1, 2, 3, 4, 4]
    held = catalogue.get("mug")
    assert held is not None
    assert (held.item.title, held.revision) == ("Back", 4)


def test_a_picture_is_known_until_its_address_changes(catalogue: Catalogue) -> None:
    pictured = replace(MUG, image_url="https://host/1.png")
    write(catalogue, put(pictured))
    key = catalogue.keys_of(["mug"])["mug"]
    catalogue.set_image_digests({(key, 1): "d" * 64, (key, 2): "e" * 64, (key + 1, 1): "f" * 64})

    write(catalogue, put(replace(pictured, price=1.0), 1))
    after_price = catalogue.by_keys([key])[key]
    write(catalogue, put(replace(pictured, image_url="https://host/2.png"), 2))
    after_address = catalogue.by_keys([key])[key]

    assert (after_price.revision, after_price.image_digest) == (2, "d" * 64)
    assert after_address.image_digest is None


def test_a_creation_time_that_is_not_given_stays_as_it_was(catalogue: Catalogue) -> None:
    write(catalogue, put(MUG), now=at(0))

    write(catalogue, put(replace(MUG, price=1.0), 1), now=at(1))

    held = catalogue.get("mug")
    assert held is not None
    assert held.item.created_at == at(0)


def test_an_import_records_no_operations_but_webhooks_always_are(
    catalogue: Catalogue, database: Database
) -> None:
    plain, hook = catalogue.write(
        [put(MUG), put(Item("cup", title="A cup"), 0, "hook")], now=NOON, recorded=False
    )

    assert plain.operation_id is None
    assert hook.operation_id is not None
    assert rows(database, "operations") == 1


def test_operations_are_forgotten_after_their_time(catalogue: Catalogue) -> None:
    (old,) = write(catalogue, put(MUG), now=at(0))
    (new,) = write(catalogue, put(replace(MUG, price=1.0), 1), now=at(9))

    forgotten = catalogue.forget_operations(before=at(9))

    assert forgotten == 1
    assert catalogue.operation(old.operation_id or "") is None
    assert catalogue.operation(new.operation_id or "") is not None


def test_with_a_full_disk_nothing_of_a_write_is_there(sqlite_database: Database) -> None:
    url = sqlite_database.engine.url.render_as_string()
    database = Database(url, max_bytes=500_000)
    catalogue = Catalogue(database)
    write(catalogue, put(MUG))
    large = [put(Item(f"item-{n}", title="x", description="y" * 9_000)) for n in range(200)]

    with pytest.raises(StorageFull, match="nothing was written"):
        write(catalogue, *large)

    assert catalogue.count() == rows(database, "work") == rows(database, "operations") == 1
    (receipt,) = write(catalogue, put(Item("cup", title="A cup")))
    assert receipt.status == "accepted"
    database.close()
