"""Bias that was put into lists is seen in their audit."""

from itertools import pairwise

import numpy as np
import pytest

from app.evaluation.audit import Audit, Lists, audited
from app.evaluation.confidence import apart
from app.evaluation.groups import NONE, OTHERS, by_value, of_items, values_of
from app.evaluation.log import Deed, Log, Thing
from app.evaluation.metrics import NOTHING, Flags, Ranking, found, ndcg
from app.evaluation.splits import Questions, leave_last_out, questions


def asked() -> Questions:
    """Ask for ten people; nobody is to find the first items, everybody knows one of them."""
    things = [
        Thing(
            f"i{n}",
            f"thing {n}",
            categories=("red",) if n % 2 else ("blue", "big"),
            price=None if n == 9 else float(n),
            attributes={"brand": "own" if n < 3 else "other", "sizes": [n // 5, 7]},
        )
        for n in range(10)
    ]
    deeds = [
        Deed(f"p{p}", f"i{n}", "view", None, float(day))
        for p in range(10)
        for day, n in enumerate([p % 3, 3 + p % 2, 5 + p % 5])
    ]
    return questions(Log.of("small", deeds, things), leave_last_out)


def audit(ranking: Ranking, people: dict[str, Flags] | None = None) -> Audit:
    put = asked()
    hits = found(ranking, list(put.targets))
    nothing = np.full(len(put), np.nan)
    lists = Lists(ranking, hits, ndcg(hits, put.wanted, 2), nothing, np.zeros(len(put)))
    return audited(put, lists, items=of_items(put, ("brand", "price")), people=people or {})


def test_a_group_that_is_shown_more_than_it_is_wanted_is_seen_as_pushed() -> None:
    put = asked()
    ranking = np.full((len(put), 2), NOTHING, dtype=np.int32)
    ranking[:, 0] = [targets[0] for targets in put.targets]
    ranking[:, 1] = [0 if person % 3 else 1 for person in range(10)]

    items = audit(ranking).items

    own, other = items["brand: own"], items["brand: other"]
    assert (own.items, own.catalogue) == (3, 0.3)
    assert own.liked == pytest.approx(0.5)
    assert own.to_be_found == 0
    assert own.shown == 0.5
    assert np.isnan(own.for_one_wanted)
    assert np.isnan(own.found)
    assert own.ever_shown == pytest.approx(2 / 3)
    assert other.for_one_wanted == 0.5
    assert other.found == 1
    assert items["category: big"].items == items["category: blue"].items == 5


def test_items_are_grouped_by_popularity_by_price_and_by_values() -> None:
    put = asked()

    groups = of_items(put, ("sizes", "price", "smell"))

    popular = {name: flags for name, flags in groups.items() if name.startswith("popularity")}
    counts = put.liked.popularity()
    assert np.sum(list(popular.values()), axis=0).tolist() == [1] * 10
    ordered = [counts[flags] for flags in popular.values()]
    assert all(low.max() < high.min() for low, high in pairwise(ordered))
    assert groups["sizes: 7"].all()
    assert groups["sizes: 0"].sum() == 5
    assert groups[f"price: {NONE}"].tolist() == [False] * 9 + [True]
    assert [groups[f"price: {n}"].sum() for n in range(1, 6)] == [2, 2, 2, 2, 1]
    assert groups[f"smell: {NONE}"].all()


def test_rare_values_are_one_group() -> None:
    values = [values_of(n // 2 if n < 40 else None) for n in range(42)]

    groups = by_value("shelf", values)

    assert len(groups) == 15 + 2
    assert groups[f"shelf: {OTHERS}"].sum() == 10
    assert groups[f"shelf: {NONE}"].sum() == 2
    assert values_of(["a", 1]) == ("a", "1")


def test_people_who_are_served_worse_are_seen() -> None:
    put = asked()
    ranking = np.full((len(put), 2), NOTHING, dtype=np.int32)
    served = np.arange(10) < 5
    ranking[:, 0] = [
        targets[0] if flag else 3 for targets, flag in zip(put.targets, served, strict=True)
    ]

    people = audit(ranking, {"served": served, "not": ~served, "all": served | True}).people

    assert people["served"].quality.mean == 1
    assert people["served"].gap.low > 0
    assert people["not"].gap.mean == -1
    assert people["not"].gap.high < 0
    assert np.isnan(people["all"].gap.mean)


def test_lists_that_are_more_popular_than_a_persons_past_have_lift() -> None:
    put = asked()
    counts = put.liked.popularity()
    ranking = np.full((len(put), 1), int(counts.argmax()), dtype=np.int32)
    everybody = np.ones(len(put), dtype=bool)

    lift = audit(ranking, {"all": everybody}).people["all"].lift

    pasts = [counts[[p % 3, 3 + p % 2]].mean() for p in range(10)]
    assert lift == pytest.approx(np.mean([counts.max() / past - 1 for past in pasts]))


def test_what_two_groups_are_apart_is_drawn_from_both() -> None:
    random = np.random.default_rng(0)
    one, other = random.normal(0.5, 0.1, 200), random.normal(0.4, 0.1, 300)

    gap, none = apart(one, other), apart(one, other[:0])

    assert gap.low < 0.1 < gap.high
    assert gap.low > 0
    assert gap.mean == pytest.approx(one.mean() - other.mean())
    assert np.isnan(none.mean)
