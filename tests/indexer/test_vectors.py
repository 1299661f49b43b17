from datetime import UTC, datetime

import numpy as np
import pytest

from embedders.spaces import Array
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Delete, Item, Put
from indexer.vectors import KeptVectors, VectorRecord

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MODELS = {"text": "bert", "image": "resnet"}


@pytest.fixture
def kept(database: Database) -> KeptVectors:
    return KeptVectors(database)


def vector(*values: float) -> Array:
    return np.array(values, dtype=np.float32)


def record(key: int, space: str, revision: int = 1, digest: str | None = "d") -> VectorRecord:
    return VectorRecord(key, space, MODELS[space], revision, digest)


def test_a_kept_vector_comes_back_to_the_bit(kept: KeptVectors) -> None:
    given = vector(0.1, -1e-30, 3.4e38)

    kept.keep({("text", "bert", "d"): given}, [], now=NOON)

    (found,) = kept.find("text", "bert", ["d", "absent"]).values()
    assert found.dtype == np.float32
    assert found.tobytes() == given.tobytes()
    assert kept.find("text", "another model", ["d"]) == {}
    assert kept.find("text", "bert", []) == {}


def test_a_vector_that_is_kept_already_stays(kept: KeptVectors) -> None:
    kept.keep({("text", "bert", "d"): vector(1)}, [], now=NOON)

    kept.keep({("text", "bert", "d"): vector(2)}, [], now=NOON)

    assert kept.find("text", "bert", ["d"])["d"] == vector(1)


def test_an_items_vectors_are_put_together_by_space(kept: KeptVectors) -> None:
    kept.keep(
        {("text", "bert", "d"): vector(1, 2), ("image", "resnet", "e"): vector(3)},
        [record(7, "text", 4), record(7, "image", 3, "e"), record(8, "text"), record(9, "text")],
        now=NOON,
    )
    kept.keep({}, [record(9, "image", digest=None)], now=NOON)

    found = kept.of_items([7, 8, 9, 10], MODELS)

    assert set(found) == {7, 8, 9}
    assert found[7].revision == 3
    assert {space: list(each) for space, each in found[7].vectors.items()} == {
        "text": [1, 2],
        "image": [3],
    }
    assert (found[8].revision, list(found[8].vectors)) == (0, ["text"])
    assert (found[9].revision, list(found[9].vectors)) == (1, ["text"])


def test_a_record_never_replaces_one_of_a_newer_revision(kept: KeptVectors) -> None:
    kept.keep(
        {("text", "bert", "old"): vector(1), ("text", "bert", "new"): vector(2)},
        [record(7, "text", 5, "new")],
        now=NOON,
    )

    kept.keep({}, [record(7, "text", 4, "old")], now=NOON)

    found = kept.of_items([7], {"text": "bert"})[7]
    assert (found.revision, list(found.vectors["text"])) == (5, [2])


def test_many_vectors_are_one_read(kept: KeptVectors) -> None:
    digests = [f"{number:064x}" for number in range(1_500)]
    kept.keep(
        {("text", "bert", digest): vector(number) for number, digest in enumerate(digests)},
        [record(number, "text", 1, digest) for number, digest in enumerate(digests)],
        now=NOON,
    )

    assert len(kept.find("text", "bert", digests)) == 1_500
    assert len(kept.of_items(range(1_500), {"text": "bert"})) == 1_500


def test_items_with_a_problem_are_found_until_they_are_deleted(
    kept: KeptVectors, database: Database
) -> None:
    catalogue = Catalogue(database)
    catalogue.write([Put(Item(name, title="x"), NOON) for name in "abc"], now=NOON)
    keys = catalogue.keys_of("abc")
    broken = [VectorRecord(keys[name], "image", "resnet", 1, None, "broken") for name in "abc"]
    kept.keep({}, [*broken, record(keys["a"], "text", digest=None)], now=NOON)
    catalogue.write([Delete("b", NOON)], now=NOON)

    found = kept.troubled(MODELS, after=0, limit=9)

    assert found == {keys["a"]: 1, keys["c"]: 1}
    assert kept.troubled(MODELS, after=keys["a"], limit=9) == {keys["c"]: 1}
    assert kept.troubled({"text": "bert"}, after=0, limit=9) == {}


def test_the_status_of_an_item_tells_of_each_space(kept: KeptVectors, database: Database) -> None:
    catalogue = Catalogue(database)
    catalogue.write([Put(Item("mug", title="x"), NOON)], now=NOON)
    key = catalogue.keys_of(["mug"])["mug"]

    kept.keep(
        {("text", "bert", "d"): vector(1)},
        [record(key, "text"), VectorRecord(key, "image", "resnet", 1, None, "broken")],
        now=NOON,
    )

    status = catalogue.status("mug")
    assert status is not None
    assert [(each.space, each.present, each.problem) for each in status.spaces] == [
        ("image", False, "broken"),
        ("text", True, None),
    ]
