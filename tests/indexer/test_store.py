"""What every vector store does, whatever is behind it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest

from embedders.spaces import Array
from indexer.errors import CollectionUnloaded, StoreRejected
from indexer.filters import EVERYTHING, All, AnyOf, Filter, KeyIn, Range, equals
from indexer.store import MAX_LIMIT, MAX_PUSHED_EXCLUSIONS, VectorStore
from tests.indexer.stores import (
    DIMENSIONS,
    ENGINES,
    NOON,
    array,
    eventually,
    item,
    opened,
    row,
)
from tests.threads import together

NAME = "contract"
QUERY = array(1, 0, 0, 0).reshape(1, DIMENSIONS)


@pytest.fixture(scope="module", params=ENGINES)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VectorStore]:
    def server() -> str:
        return str(request.getfixturevalue("milvus_server").uri)

    with opened(request.param, tmp_path_factory.mktemp("store"), server) as store:
        store.create(NAME, DIMENSIONS)
        yield store
        store.drop(NAME)


@pytest.fixture
def store(shared: VectorStore) -> Iterator[VectorStore]:
    """A store with an empty, loaded collection; making one a test would take seconds each."""
    yield shared
    shared.delete(NAME, range(-10, 3_000))
    eventually(lambda: found(shared), lambda keys: keys == [])


def found(
    store: VectorStore, where: Filter = EVERYTHING, query: Array = QUERY, limit: int = MAX_LIMIT
) -> list[int]:
    [hits] = store.search(NAME, query, limit=limit, where=where)
    return [hit.key for hit in hits]


def settled(store: VectorStore, keys: list[int]) -> None:
    """Wait until searches see exactly these rows."""
    eventually(lambda: sorted(found(store)), lambda seen: seen == sorted(keys))


def test_an_upserted_row_is_there_at_its_revision_on_a_strong_read(store: VectorStore) -> None:
    store.upsert(NAME, [row(1, 1, 0, 0, 0, revision=7), row(2, 0, 1, 0, 0, revision=8)])

    revisions = store.revisions(NAME, [1, 2, 3])

    assert revisions == {1: 7, 2: 8}
    assert store.count(NAME) == 2


def test_the_last_of_equal_keys_wins_and_replaces_what_was_there(store: VectorStore) -> None:
    store.upsert(NAME, [row(1, 1, 0, 0, 0, revision=1)])

    store.upsert(NAME, [row(1, 2, 0, 0, 0, revision=2), row(1, 3, 0, 0, 0, revision=3)])

    assert store.revisions(NAME, [1]) == {1: 3}
    assert store.count(NAME) == 1
    [[hit]] = eventually(
        lambda: store.search(NAME, QUERY, limit=5, where=EVERYTHING),
        lambda hits: [each.revision for each in hits[0]] == [3],
    )
    assert hit.score == pytest.approx(3)


def test_hits_come_best_first_with_the_inner_product_and_ties_by_key(store: VectorStore) -> None:
    store.upsert(
        NAME,
        [
            row(5, 0.5, 9, 0, 0),
            row(4, 2, 0, 0, 0),
            row(3, -1, 0, 0, 0),
            row(2, 0.5, 0, 9, 0),
            row(1, 0, 0, 0, 0),
        ],
    )
    settled(store, [1, 2, 3, 4, 5])

    [hits] = store.search(NAME, QUERY, limit=5, where=EVERYTHING)

    assert [hit.key for hit in hits] == [4, 2, 5, 1, 3]
    assert [hit.score for hit in hits] == pytest.approx([2, 0.5, 0.5, 0, -1])


def test_each_query_has_its_own_answer_no_longer_than_the_limit(store: VectorStore) -> None:
    store.upsert(NAME, [row(key, *np.eye(4)[key % 4] * key) for key in range(1, 41)])
    settled(store, list(range(1, 41)))

    answers = store.search(NAME, np.eye(4, dtype=np.float32), limit=3, where=EVERYTHING)

    assert [[hit.key for hit in hits] for hits in answers] == [
        [40, 36, 32],
        [37, 33, 29],
        [38, 34, 30],
        [39, 35, 31],
    ]
    no_queries = np.empty((0, DIMENSIONS), dtype=np.float32)
    assert store.search(NAME, no_queries, limit=3, where=EVERYTHING) == []


def test_an_empty_collection_answers_with_nothing(store: VectorStore) -> None:
    assert found(store) == []
    assert store.count(NAME) == 0
    assert store.revisions(NAME, [1]) == {}
    assert store.revisions(NAME, []) == {}


def test_a_deleted_row_is_gone_and_absent_keys_are_no_error(store: VectorStore) -> None:
    store.upsert(NAME, [row(1, 1, 0, 0, 0), row(2, 1, 0, 0, 0)])

    store.delete(NAME, [1, 999])
    store.delete(NAME, [])

    assert store.revisions(NAME, [1, 2]) == {2: 1}
    assert store.count(NAME) == 1
    settled(store, [2])


def test_filters_narrow_a_search(store: VectorStore) -> None:
    store.upsert(
        NAME,
        [
            row(1, 1, 0, 0, 0, of=item(1, categories=("shoes",), price=10, attributes={"n": 1})),
            row(2, 2, 0, 0, 0, of=item(2, categories=("hats", "shoes"), available=False)),
            row(3, 3, 0, 0, 0, of=item(3, price=30, created_at=NOON + timedelta(days=1))),
        ],
    )
    settled(store, [1, 2, 3])

    assert found(store, equals("categories", "shoes")) == [2, 1]
    assert found(store, equals("available", value=True)) == [3, 1]
    assert found(store, Range("price", gt=10)) == [3]
    assert found(store, Range("created_at", lte=NOON)) == [2, 1]
    assert found(store, AnyOf((KeyIn(frozenset({1})), Range("price", gte=30)))) == [3, 1]
    assert found(store, All((equals("categories", "shoes"), KeyIn(frozenset({2, 3}))))) == [2]
    assert found(store, AnyOf(())) == []


@pytest.mark.parametrize("absent", [0, MAX_PUSHED_EXCLUSIONS])
@pytest.mark.parametrize("excluded", [3, 900])
def test_excluded_keys_never_come_back_and_cost_no_places(
    store: VectorStore, excluded: int, absent: int
) -> None:
    store.upsert(NAME, [row(key, key, 0, 0, 0) for key in range(1, 1_001)])
    settled(store, list(range(1, 1_001)))
    best = range(1_000, 1_000 - excluded, -1)
    elsewhere = range(-absent, 0)

    [hits] = store.search(NAME, QUERY, limit=5, where=EVERYTHING, exclude=[*elsewhere, *best])

    assert [hit.key for hit in hits] == [1_000 - excluded - rank for rank in range(5)]


def test_more_exclusions_than_an_answer_has_places_for_are_no_problem(store: VectorStore) -> None:
    store.upsert(NAME, [row(key, key, 0, 0, 0) for key in range(1, 4)])
    settled(store, [1, 2, 3])
    others = range(3, 20_000)

    [hits] = store.search(NAME, QUERY, limit=MAX_LIMIT, where=EVERYTHING, exclude=others)

    assert [hit.key for hit in hits] == [2, 1]


def test_a_batch_larger_than_one_message_lands_whole(store: VectorStore) -> None:
    long = {"text": "é" * 2_000}
    rows = [row(key, 1, 0, 0, 0, of=item(key, attributes=long)) for key in range(1, 1_501)]

    store.upsert(NAME, rows)

    assert store.count(NAME) == 1_500
    assert len(store.revisions(NAME, range(5_000))) == 1_500


def test_a_refused_upsert_changes_nothing(store: VectorStore) -> None:
    store.upsert(NAME, [row(1, 1, 0, 0, 0)])

    for vector in (array(1, 0), array(1, 0, 0, np.nan)):
        with pytest.raises(StoreRejected, match="item-1"):
            store.upsert(NAME, [row(1, *vector, revision=2)])

    assert store.revisions(NAME, [1]) == {1: 1}


@pytest.mark.parametrize("limit", [0, MAX_LIMIT + 1])
def test_a_limit_out_of_bounds_is_rejected(store: VectorStore, limit: int) -> None:
    with pytest.raises(StoreRejected, match=str(limit)):
        store.search(NAME, QUERY, limit=limit, where=EVERYTHING)


def test_queries_of_another_length_are_rejected(store: VectorStore) -> None:
    with pytest.raises(StoreRejected, match="4 finite numbers"):
        store.search(NAME, QUERY[:, :3], limit=1, where=EVERYTHING)


def test_creating_again_keeps_what_is_there(store: VectorStore) -> None:
    store.upsert(NAME, [row(1, 1, 0, 0, 0)])

    store.create(NAME, DIMENSIONS)

    assert store.count(NAME) == 1


def test_what_was_written_before_a_collection_was_loaded_is_there_afterwards(
    shared: VectorStore,
) -> None:
    shared.create("later", DIMENSIONS, load=False)
    shared.upsert("later", [row(1, 1, 0, 0, 0), row(2, 0, 1, 0, 0), row(3, 0, 0, 1, 0)])
    shared.upsert("later", [row(2, 0, 1, 0, 0, revision=2)])
    shared.delete("later", [3])
    shared.flush("later")

    shared.load("later")

    assert shared.revisions("later", [1, 2, 3]) == {1: 1, 2: 2}
    assert shared.count("later") == 2
    shared.drop("later")


def test_collections_are_named_in_order_and_dropped_for_good(shared: VectorStore) -> None:
    shared.create("another", DIMENSIONS)
    there = shared.collections()
    assert {"another", NAME} <= set(there)
    assert there == sorted(there)

    shared.drop("another")
    shared.drop("another")

    assert "another" not in shared.collections()
    assert NAME in shared.collections()
    with pytest.raises(StoreRejected, match="another"):
        shared.count("another")
    with pytest.raises(StoreRejected, match="another"):
        shared.search("another", QUERY, limit=1, where=EVERYTHING)


def test_a_released_collection_is_searchable_once_loaded_again(store: VectorStore) -> None:
    store.upsert(NAME, [row(1, 1, 0, 0, 0)])

    store.release(NAME)
    if not store.engine.startswith("lite:"):  # which loads it again by itself
        with pytest.raises(CollectionUnloaded):
            store.search(NAME, QUERY, limit=1, where=EVERYTHING)
    store.load(NAME)

    assert eventually(lambda: found(store), lambda keys: keys != []) == [1]
    assert store.count(NAME) == 1


def test_every_key_of_a_stretch_is_read_whether_asked_for_or_not(store: VectorStore) -> None:
    store.upsert(NAME, [row(key, 1, 0, 0, 0, revision=key + 20) for key in range(-5, 10)])
    store.upsert(NAME, [row(3, 0, 1, 0, 0, revision=99)])
    store.delete(NAME, [4])

    whole = store.held(NAME, above=None, up_to=None)
    some = store.held(NAME, above=2, up_to=6)
    least = store.held(NAME, above=None, up_to=-5)
    none = store.held(NAME, above=9, up_to=None)

    assert whole.complete
    assert sorted(whole.revisions) == [*range(-5, 4), *range(5, 10)]
    assert whole.rows == len(whole.revisions) == 14
    assert (some.revisions, some.rows) == ({3: 99, 5: 25, 6: 26}, 3)
    assert least.revisions == {-5: 15}
    assert (none.revisions, none.rows, none.complete) == ({}, 0, True)


def test_many_threads_may_write_and_search_at_once(store: VectorStore) -> None:
    def work(worker: int) -> int:
        keys = range(worker * 100, worker * 100 + 20)
        for key in keys:
            store.upsert(NAME, [row(key, 1, 0, 0, 0)])
            found(store, limit=5)
        return len(store.revisions(NAME, keys))

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(work, range(4)))

    assert seen == [20] * 4
    assert store.count(NAME) == 80


def test_threads_that_write_the_same_keys_leave_one_row_each(store: VectorStore) -> None:
    rows = [row(key, 1, 0, 0, 0) for key in range(1, 101)]

    for _ in range(5):
        together(*(lambda: store.upsert(NAME, rows) for _ in range(4)))

    assert store.count(NAME) == 100
    settled(store, list(range(1, 101)))
    [hits] = store.search(NAME, QUERY, limit=MAX_LIMIT, where=EVERYTHING)
    assert sorted(hit.key for hit in hits) == list(range(1, 101))


def test_it_says_what_it_is_and_that_it_answers(shared: VectorStore) -> None:
    kind, _, _ = shared.engine.partition(":")

    assert kind in {"memory", "lite", "server"}
    assert any(digit.isdigit() for digit in shared.ping())
