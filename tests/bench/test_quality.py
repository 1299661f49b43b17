"""The quality benchmark, on a made-up shop and on runs whose answer is known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.splits import Questions, given
from app.evaluations import asked_of
from bench.quality.__main__ import main, opened, parsed, planned
from bench.quality.asking import Lists, merged, narrowed, new_items, newest, run
from bench.quality.findings import Found, in_order
from bench.quality.made_up import made_up
from bench.quality.page import aggregates, page
from bench.quality.plan import BASELINES, CONTENT, HYBRID, OURS, TITLES, TUNED, Cell
from bench.quality.rivals import baseline, chosen
from bench.quality.weights import WEIGHTS, swept, table

CUT = Cell("made-up", "time")


@pytest.fixture(scope="module")
def asked() -> Questions:
    plan = planned(parsed(["--tiny"]))
    return asked_of(made_up(), plan.trial(CUT))


def perfect(asked: Questions) -> Lists:
    """Lists that hold what was to be found, and nothing else."""
    lists = np.full((len(asked), 10), -1, dtype=np.int32)
    for row, mine in enumerate(asked.targets):
        lists[row, : mine.size] = mine[:10]
    return {"right": (lists, 0.0)}


@pytest.mark.usefixtures("learns_here")
def test_a_tiny_run_measures_every_part_once_and_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("optuna", reason="the extra `evaluate` is not installed")
    folder, told = tmp_path / "kept", tmp_path / "all.json"
    how = ["--tiny", "--only", CUT.name, "--folder", str(folder), "--json", str(told)]

    main(how)
    first = capsys.readouterr()
    kept = {file: file.stat().st_mtime_ns for file in (folder / CUT.name).glob("*.json")}
    main(how)
    second = capsys.readouterr()

    for name in (HYBRID, TUNED, CONTENT, "popular", "ease-recent", "kindred-last:behaviour=0"):
        assert f"| {TITLES[name]} | 0." in first.out
    assert "### Newcomers" in first.out
    assert "### Items that are new after the cut, ranked among each other" in first.out
    assert "approximate search loses less than 1 % | " in first.out
    assert second.out == first.out
    assert {each.stem for each in kept} == {
        "rivals",
        "baselines",
        "kindred",
        "exact",
        "tuning",
        "tuned",
        "newcomers",
    }
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    # Aggregates alone: nobody's digest, nor anybody's numbers.
    runs = json.loads(told.read_text())[CUT.name]["kindred"]
    assert runs["all"].keys() == {"form", "about", "ks", "asked", "methods"}


@pytest.mark.usefixtures("learns_here")
def test_weights_of_behaviour_are_swept_on_validation(tmp_path: Path) -> None:
    plan = planned(parsed(["--tiny", "--only", CUT.name, "--folder", str(tmp_path)]))
    measuring = opened(plan, 0)

    found = swept(measuring)

    assert [float(each["name"]) for each in found["methods"]] == list(WEIGHTS)
    assert "| 2, the default | 0." in table(found)
    # What was held back for the test is not learned from.
    assert found["asked"]["learned_from"] < len(measuring.asked.train)


def test_what_is_new_after_the_cut_is_told_apart(asked: Questions) -> None:
    items = new_items(asked)

    only, lists = narrowed(asked, perfect(asked), items) or pytest.fail("nothing is new")

    assert {asked.train.things[each].item_id[2:] for each in np.flatnonzero(items)} == {"08", "09"}
    assert 0 < len(only) < len(asked)
    assert all(items[mine].all() for mine in only.targets)
    found = run(only, lists, 10, {})
    assert found["methods"][0]["overall"]["recall@10"]["mean"] == 1.0
    assert narrowed(asked, perfect(asked), np.zeros_like(items)) is None


def test_newcomers_do_one_thing_more_after_the_other(asked: Questions) -> None:
    people = asked.people.tolist()

    parts = [newest(asked.train, people, *counts) for counts in ((0, 0), (0, 1), (1, 3))]

    assert [len(each) for each in parts] == [0, len(people), 2 * len(people)]
    three = given(asked, 3).train
    held = np.isin(three.person, asked.people)
    together = sorted([*parts[1].when.tolist(), *parts[2].when.tolist()])
    assert together == sorted(three.when[held].tolist())


def test_baselines_are_at_their_best_on_validation(asked: Questions) -> None:
    said: list[str] = []

    found = chosen(asked, 10, said.append)

    assert found.keys() == {"ease", "ease-recent", "item-knn", "item-knn-last"}
    assert any(f"{found['ease']} reaches" in line for line in said)
    assert baseline("item-knn-last", found).name == "item-knn-last"
    assert baseline("ease-recent", found).name == "ease-recent"
    assert baseline("elsa", found).name == "elsa"


def test_findings_name_who_is_ahead(asked: Questions) -> None:
    right, wrong = perfect(asked)["right"], np.full((len(asked), 10), -1, dtype=np.int32)
    lists = dict.fromkeys(BASELINES, (wrong, 0.0)) | {"ease": right, "als": right}
    baselines = run(asked, lists, 10, {})
    ours = run(asked, dict.fromkeys((*OURS, TUNED), right), 10, {})
    found = Found(CUT, {"baselines": {"all": baselines}, "kindred": {"all": ours}})

    tuned, shipped = found.findings()

    assert (tuned.met, tuned.sure, shipped.met) == (False, False, False)
    assert tuned.figure.endswith("behind als, ease")
    lists["ease"] = lists["als"] = (wrong, 0.0)
    better = replace(found, parts={**found.parts, "baselines": {"all": run(asked, lists, 10, {})}})
    assert [(each.met, each.sure) for each in better.findings()] == [(True, True)] * 2
    text = page([better], command="c", machine="m", versions="v", when="w")
    assert "tuned ahead of every baseline | 1.0000; the best of them, random, 0.0000 | yes" in text
    assert "values" not in str(aggregates([better]))


def test_runs_over_other_questions_are_not_put_together(asked: Questions) -> None:
    whole = run(asked, perfect(asked), 10, {})
    fewer = asked.some(np.arange(3))
    part = run(fewer, perfect(fewer), 10, {})

    with pytest.raises(ValueError, match="measure again"):
        merged([whole, part])

    assert in_order({**whole, "methods": []})["methods"] == []
