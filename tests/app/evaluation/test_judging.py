"""From lists to numbers, by segment, written down and laid side by side."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.evaluation.baselines.counting import Popular, Random
from app.evaluation.baselines.neighbours import ItemKNN
from app.evaluation.beyond import Background
from app.evaluation.comparing import against, compared
from app.evaluation.errors import MethodUnavailable, NotComparable
from app.evaluation.judging import judged
from app.evaluation.log import Thing
from app.evaluation.methods import Method
from app.evaluation.metrics import NOTHING
from app.evaluation.page import page
from app.evaluation.result import as_json, read
from app.evaluation.segments import of_items, of_people, shares_of_items
from app.evaluation.splits import Questions, questions
from tests.app.evaluation.small import DAY, log

CUT = 100.0


def asked() -> Questions:
    """Ask for a stranger, a newcomer and regulars; two items are new."""
    deeds = [(f"u{p}", f"i{i}", float(i)) for p in range(9) for i in range(p, p + 7)]
    later = [(f"u{p}", f"i{p + 7}", CUT + 1) for p in range(9)]
    others = [("one", "i3", 1.0), ("one", "i5", CUT + 2), ("stranger", "i4", CUT + 3)]
    things = tuple(
        Thing(f"i{n}", f"thing {n}", categories=("odd" if n % 2 else "even",)) for n in range(17)
    )
    whole = log(*deeds, *later, *others, ("u0", "new", CUT + 4), things=things)
    return questions(whole, lambda held: held.when > CUT * DAY)


def run(*methods: Method, ks: tuple[int, ...] = (5,), **about: object) -> dict[str, Any]:
    put = asked()
    known = Background.of(put.train)
    deep = max(ks)
    found = [judged(each.name, each.rank(put, deep), put, known, ks=ks) for each in methods]
    return as_json({"dataset": "small", **about}, put, found, ks=ks)


def test_people_are_grouped_by_what_was_known_of_them() -> None:
    put = asked()

    groups = of_people(put)

    names = np.array([put.train.people[person] for person in put.people])
    assert names[groups["people: 0"]].tolist() == ["stranger"]
    assert names[groups["people: 1"]].tolist() == ["one"]
    assert names[groups["people: newcomers"]].tolist() == ["one", "stranger"]
    assert groups["people: casual"].sum() == 9
    assert "people: heavy" not in groups


def test_items_to_be_found_are_grouped_by_how_many_people_had_liked_them() -> None:
    put = asked()

    groups = of_items(put)

    things = put.train.things
    new = {things[item].item_id for mine in groups["items: new"] for item in mine.tolist()}
    assert new == {"i15", "new"}
    every = sorted(item for mine in put.targets for item in mine.tolist())
    split = sorted(i for group in groups.values() for mine in group for i in mine.tolist())
    assert split == every


def test_a_segment_is_judged_by_its_own_people_and_its_own_targets() -> None:
    put = asked()
    known = Background.of(put.train)
    ranking = np.tile(np.arange(5, dtype=np.int32), (len(put), 1))
    new = next(n for n, thing in enumerate(put.train.things) if thing.item_id == "new")
    ranking[:, 0] = new

    found = judged("mine", ranking, put, known, ks=(5,))

    # Two people are to find a new item; "new" is what one of them was to find.
    segment = found.segments["items: new"]["hit@5"]
    assert (segment.people, segment.mean) == (2, 0.5)
    assert found.segments["people: 0"]["hit@5"].people == 1
    assert found.overall["new_items@5"].mean > 0
    assert found.catalogue["coverage@5"] == 5 / 18


def test_the_share_of_places_of_each_group_of_items_is_told_beside_what_it_should_be() -> None:
    put = asked()
    ids = [each.item_id for each in put.train.things]
    ranking = np.full((len(put), 4), NOTHING, dtype=np.int32)
    ranking[:, :2] = ids.index("new"), ids.index("i5")

    shares = shares_of_items(put, ranking)

    assert shares["items: new"]["shown"] == 0.5
    assert shares["items: new"]["catalogue"] == pytest.approx(3 / 18)
    assert shares["items: new"]["liked"] == 0
    for part in ("catalogue", "liked", "to_be_found", "shown"):
        assert sum(each[part] for each in shares.values()) == pytest.approx(1)


def test_every_number_of_a_run_can_be_read_back(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    whole = run(Popular(), ItemKNN(), ks=(5, 2))

    file.write_text(json.dumps(whole))

    assert read(file) == whole
    assert whole["ks"] == [5, 2]
    assert [each["name"] for each in whole["methods"]] == ["popular", "item-knn"]
    assert {"ndcg@5", "ndcg@2", "novelty@2"} <= whole["methods"][0]["overall"].keys()
    assert whole["asked"]["people"] == len(whole["people"]) == 11
    assert "stranger" not in file.read_text()


@pytest.mark.parametrize("content", ["{", "[]", '{"form": "other"}'])
def test_what_is_no_run_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(content)

    with pytest.raises(NotComparable, match=r"run\.json"):
        read(file)


def test_a_run_does_not_differ_from_itself() -> None:
    whole = run(Popular(), ItemKNN())

    rows = compared(whole, whole)

    assert {each.method for each in rows} == {"popular", "item-knn"}
    assert all(each.gap.mean == 0 and each.adjusted == 1 for each in rows)


def test_a_better_method_is_better_by_its_gap_person_by_person() -> None:
    whole = run(Random(), ItemKNN())

    (row,) = against(whole, "random", "hit@5")

    values = whole["values"]
    gaps = np.array(values["item-knn"]["hit@5"]) - np.array(values["random"]["hit@5"])
    assert row.method == "item-knn"
    assert row.gap.mean == pytest.approx(gaps.mean())
    assert row.second - row.first == pytest.approx(gaps.mean())


def test_runs_over_other_people_or_other_targets_cannot_be_compared() -> None:
    whole = run(Popular())

    with pytest.raises(NotComparable, match="asked different questions"):
        compared(whole, {**whole, "people": whole["people"][1:]})
    with pytest.raises(NotComparable, match="asked different questions"):
        compared(whole, {**whole, "targets": "other"})
    with pytest.raises(NotComparable, match="share no method: popular; item-knn"):
        compared(whole, run(ItemKNN()))
    with pytest.raises(NotComparable, match="no method 'kindred'"):
        against(whole, "kindred", "ndcg@5")


def test_the_page_stands_alone_and_escapes_what_it_shows() -> None:
    pytest.importorskip("matplotlib", reason="the extra `evaluate` is not installed")
    whole = run(Popular(), ItemKNN(), ks=(5, 2), source="<script>alert(1)</script>")

    shown = page(whole)

    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert shown.count("<svg") == 3
    assert not any(f'{name}="http' in shown for name in ("src", "href"))
    assert "item-knn" in shown
    assert page(whole) == shown


def test_without_matplotlib_the_page_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)

    with pytest.raises(MethodUnavailable, match=r"kindred\[evaluate\]"):
        page(run(Popular()))
