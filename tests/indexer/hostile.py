"""Items and filters full of what breaks filter languages, drawn from one pool so that they meet."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st

from indexer.filters import (
    All,
    AnyOf,
    Attribute,
    Exists,
    Field,
    Filter,
    Filterable,
    In,
    KeyIn,
    Not,
    Range,
    Scalar,
)
from tests.indexer.stores import NOON

TEXTS = [
    "",
    " ",
    "red",
    "Red",
    "'",
    '"',
    "\\",
    '\\"',
    "%",
    "%20",
    "a b",
    "a%20b",
    "a\nb",
    "a\tb",
    "nul\x00byte",
    "é",
    "e\u0301",
    "日本語",
    "🦜",
    "\ud800",
    "x') OR ('1'='1",
    '") or (key > 0) or ("" == "',
    "'; DROP TABLE items; --",
    "o'neil",
    "{placeholder}",
    "$meta",
    "null",
    "True",
    "1",
    "1.0",
    "a.b",
    "a=b",
    "=sred",
    "!",
    "?",
    "*",
    '"]',
    "[0]",
    "_",
    "long " * 60,
]
NUMBERS: list[int | float] = [
    *(0, 1, 2, -1, 10, 2**31, -(2**53), 2**53 - 1, 2**53, 2**53 + 1, 2**63, 10**400, -(10**400)),
    *(0.0, -0.0, 1.0, 0.1, -2.5, 1e-7, 5e-324, 1e16, 2.0**53, 1e300, -1e300),
]
PRICES = [0.0, 0.1, 1.0, 2.5, 10.0, 1e16, 1e300, 5e-324, None]
TIMES = [NOON + timedelta(microseconds=step) for step in (-1, 0, 1)] + [
    NOON.replace(year=1),
    NOON.replace(year=9999),
]
NAMES = TEXTS
SCALARS: list[Scalar] = [*TEXTS, *NUMBERS, True, False]


def items(count: int, seed: int) -> list[Filterable]:
    """Draw items with keys from 1 on; the same seed draws the same."""
    random = np.random.default_rng(seed)

    def one(of: list[Any]) -> Any:  # noqa: ANN401 - an element of whatever the list holds
        return of[random.integers(len(of))]

    def several(of: list[Any], most: int) -> list[Any]:
        return [one(of) for _ in range(random.integers(most + 1))]

    kinds: list[Callable[[], object]] = [
        lambda: one(SCALARS),
        lambda: one(SCALARS),
        lambda: several(SCALARS, 4),
        lambda: None,
        lambda: {"nested": one(SCALARS)},
        lambda: [[one(SCALARS)], None, one(SCALARS)],
    ]
    return [
        Filterable(
            key=key,
            item_id=f"{one(TEXTS)}{key}",
            categories=tuple(dict.fromkeys(several(TEXTS, 4))),
            price=one(PRICES),
            available=one([True, False]),
            created_at=one(TIMES),
            attributes={name: one(kinds)() for name in several(NAMES, 8)},
        )
        for key in range(1, count + 1)
    ]


def _tuples(of: list[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(of), max_size=most).map(tuple)


def _ranges(field: Field, of: list[Any]) -> st.SearchStrategy[Range]:
    bound = st.none() | st.sampled_from(of)
    return st.builds(Range, st.just(field), bound, bound, bound, bound).filter(
        lambda leaf: any(each is not None for each in (leaf.gte, leaf.gt, leaf.lte, leaf.lt))
    )


def filters() -> st.SearchStrategy[Filter]:
    """Draw well-typed trees whose `item_id` leaves are bound."""
    attributes = st.sampled_from([Attribute(name) for name in NAMES])
    prices = [price for price in PRICES if price is not None]
    named: list[Field] = ["categories", "price", "available", "created_at"]
    leaves: st.SearchStrategy[Filter] = st.one_of(
        st.builds(In, st.just("categories"), _tuples(TEXTS)),
        st.builds(In, st.just("price"), _tuples([*prices, *NUMBERS])),
        st.builds(In, st.just("available"), _tuples([True, False], 2)),
        st.builds(In, attributes, _tuples(SCALARS, 8)),
        st.builds(KeyIn, st.frozensets(st.integers(-1, 200), max_size=20)),
        _ranges("price", [*prices, *NUMBERS]),
        _ranges("created_at", TIMES),
        attributes.flatmap(lambda attribute: _ranges(attribute, NUMBERS)),
        st.builds(Exists, attributes | st.sampled_from(named)),
        st.just(All()),
        st.just(AnyOf(())),
    )

    def grown(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        groups = st.lists(parts, min_size=1, max_size=4).map(tuple)
        return st.one_of(st.builds(All, groups), st.builds(AnyOf, groups), st.builds(Not, parts))

    return st.recursive(leaves, grown, max_leaves=10)
