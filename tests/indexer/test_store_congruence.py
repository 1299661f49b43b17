"""Milvus finds what the exact store finds, for items and filters full of hostile texts."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings

from indexer.filters import (
    EVERYTHING,
    MAX_LEAVES,
    MAX_VALUES,
    All,
    AnyOf,
    Attribute,
    Exists,
    Filter,
    In,
    Not,
    Range,
    equals,
)
from indexer.meaning import matches
from indexer.memory import MemoryStore
from indexer.store import MAX_LIMIT, Row, VectorStore
from tests.indexer.hostile import NAMES, SCALARS, TEXTS, filters, items
from tests.indexer.stores import DIMENSIONS, ENGINES, eventually, opened

NAME = "congruence"
ROWS = 200
ITEMS = items(ROWS, seed=11)
VECTORS = np.random.default_rng(11).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)
QUERY = np.random.default_rng(12).normal(size=(1, DIMENSIONS)).astype(np.float32)


def loaded(store: VectorStore) -> VectorStore:
    store.create(NAME, DIMENSIONS)
    store.upsert(
        NAME, [Row(each.key, vector, each) for each, vector in zip(ITEMS, VECTORS, strict=True)]
    )
    eventually(lambda: len(found(store, EVERYTHING)), lambda seen: seen == ROWS)
    return store


@pytest.fixture(scope="module")
def exact() -> VectorStore:
    return loaded(MemoryStore())


@pytest.fixture(scope="module", params=ENGINES[1:])
def milvus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VectorStore]:
    def server() -> str:
        return str(request.getfixturevalue("milvus_server").uri)

    # Loaded in bulk once and only read from then on: a server shows a write after a moment.
    with opened(request.param, tmp_path_factory.mktemp("congruence"), server) as store:
        yield loaded(store)
        store.drop(NAME)


def found(store: VectorStore, where: Filter) -> list[int]:
    [hits] = store.search(NAME, QUERY, limit=MAX_LIMIT, where=where)
    return [hit.key for hit in hits]


def compare(milvus: VectorStore, exact: VectorStore, where: Filter) -> None:
    pushed = milvus.pushed(where)

    answer = found(milvus, where)

    assert sorted(answer) == sorted(found(exact, pushed))
    obeying = [key for key in answer if matches(where, ITEMS[key - 1])]
    assert obeying == found(exact, where)


@settings(max_examples=250, derandomize=True, database=None)
@given(where=filters())
def test_an_engine_applies_exactly_the_part_it_says_it_does(
    milvus: VectorStore, exact: VectorStore, where: Filter
) -> None:
    compare(milvus, exact, where)


@pytest.mark.parametrize("value", SCALARS, ids=lambda value: ascii(value)[:30])
def test_every_value_is_told_from_every_other(
    milvus: VectorStore, exact: VectorStore, value: str | float
) -> None:
    anywhere = AnyOf(tuple(equals(Attribute(name), value) for name in NAMES))

    compare(milvus, exact, anywhere)
    compare(milvus, exact, Not(anywhere))


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_every_name_is_told_from_every_other(
    milvus: VectorStore, exact: VectorStore, name: str
) -> None:
    compare(milvus, exact, Exists(Attribute(name)))
    compare(milvus, exact, Range(Attribute(name), gte=-(2**52), lt=2**52))
    compare(milvus, exact, equals("categories", name))


def test_the_largest_filters_are_taken(milvus: VectorStore, exact: VectorStore) -> None:
    wide = tuple(Not(Range("price", gte=n, lt=n + 1)) for n in range(MAX_LEAVES))
    deep: Filter = Exists("price")
    for level in range(6):
        deep = (All, AnyOf)[level % 2]((deep, Not(equals("available", value=level % 2 == 0))))
    many = tuple(TEXTS) + tuple(f"text {n}" for n in range(MAX_VALUES - len(TEXTS)))
    spread = All(tuple(In(Attribute("red"), many[n::MAX_LEAVES]) for n in range(MAX_LEAVES)))

    for where in (
        All(wide),
        AnyOf(wide),
        deep,
        In("categories", many),
        In(Attribute("red"), many),
        Not(In(Attribute("red"), many)),
        spread,
    ):
        compare(milvus, exact, where)


def test_scores_are_those_of_the_exact_store(milvus: VectorStore, exact: VectorStore) -> None:
    [hits] = milvus.search(NAME, QUERY, limit=50, where=EVERYTHING)
    [expected] = exact.search(NAME, QUERY, limit=50, where=EVERYTHING)

    assert [(hit.key, hit.revision) for hit in hits] == [
        (hit.key, hit.revision) for hit in expected
    ]
    assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in expected], abs=1e-5)
