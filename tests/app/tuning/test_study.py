"""Trying one thing after another: from what holds now, repeatably, in a file, in few steps."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.tuning.dimension import Dimension, Values
from app.tuning.errors import StudyMismatch, TunerUnavailable
from app.tuning.panel import Watch
from app.tuning.study import Study

pytest.importorskip("optuna", reason="the extra `evaluate` is not installed")

NEAR = Dimension("near", 0, 1, 0.9)
IDLE = Dimension("idle", 1, 20, 5, whole=True)
QUESTION = {"people": "all"}
PEOPLE = 10

Make = Callable[..., Study]


@pytest.fixture
def study() -> Iterator[Make]:
    made: list[Study] = []

    def make(file: Path | None = None, *, seed: int = 0, question: str = "all") -> Study:
        made.append(Study(file, "mine", {"people": question}, (NEAR, IDLE), seed=seed))
        return made[-1]

    yield make
    for each in made:
        each.close()


def hill(values: Values, watch: Watch) -> tuple[float, int]:
    """Is highest at near 0.3, and does not care for the other."""
    del watch
    return 1 - abs(values["near"] - 0.3), PEOPLE


def anything(_: Values) -> bool:
    return True


def test_what_holds_now_is_tried_first_and_something_better_is_found(study: Make) -> None:
    mine = study()

    mine.go_on(hill, most=30, usable=anything)

    assert mine.tries[0].values == {"near": 0.9, "idle": 5}
    assert mine.tries[0].mean == pytest.approx(0.4)
    assert mine.best.mean > 0.9
    assert mine.best.values["near"] == pytest.approx(0.3, abs=0.1)


def test_the_same_seed_tries_the_same(study: Make) -> None:
    mine, same, other = study(seed=3), study(seed=3), study(seed=4)

    for each in (mine, same, other):
        each.go_on(hill, most=6, usable=anything)

    assert [each.values for each in mine.tries] == [each.values for each in same.tries]
    assert [each.values for each in mine.tries] != [each.values for each in other.tries]


def test_changes_that_do_not_help_are_taken_back(study: Make) -> None:
    mine = study()

    mine.go_on(hill, most=10, usable=anything)

    assert any(each.values["idle"] != 5 for each in mine.tries)
    assert mine.best.values["idle"] == 5
    assert mine.best.values["near"] != 0.9


def test_a_study_in_a_file_is_gone_on_with(study: Make, tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    first = study(file)
    first.go_on(hill, most=4, usable=anything)
    done = [each.values for each in first.tries]
    first.close()

    again, asked = study(file), 0

    def counting(values: Values, watch: Watch) -> tuple[float, int]:
        nonlocal asked
        asked += 1
        return hill(values, watch)

    again.go_on(counting, most=4, usable=anything)
    assert asked == 0
    again.go_on(counting, most=7, usable=anything)

    assert asked >= 3
    assert [each.values for each in again.tries][: len(done)] == done
    assert len(again.tries) == len(done) + asked


def test_what_was_being_tried_when_it_was_stopped_is_not_counted(
    study: Make, tmp_path: Path
) -> None:
    file = tmp_path / "study.db"

    def stopped(values: Values, watch: Watch) -> tuple[float, int]:
        if values["near"] != 0.9:
            raise KeyboardInterrupt
        return hill(values, watch)

    with pytest.raises(KeyboardInterrupt):
        study(file).go_on(stopped, most=5, usable=anything)
    again = study(file)
    again.go_on(hill, most=5, usable=anything)

    assert again.tries[0].number == 0
    assert len(again.tries) >= 5
    assert 1 not in {each.number for each in again.tries}


def test_what_is_surely_worse_is_given_up_and_never_the_best(study: Make) -> None:
    mine = study()

    def in_batches(values: Values, watch: Watch) -> tuple[float, int]:
        means = []
        for batch in range(30):
            means.append(hill(values, watch)[0] + 0.001 * (batch % 3))
            if watch(batch, means[-1]):
                break
        return sum(means) / len(means), len(means)

    mine.go_on(in_batches, most=15, usable=anything)

    given_up = [each for each in mine.tries if each.asked < 30]
    assert given_up
    assert all(each.asked >= 14 for each in given_up)
    assert mine.best.asked == 30


def test_what_cannot_be_used_is_passed_over(study: Make) -> None:
    mine = study()

    mine.go_on(hill, most=8, usable=lambda values: values["near"] >= 0.5)

    assert all(each.values["near"] >= 0.5 for each in mine.tries)


def test_nothing_new_is_tried_after_the_time(study: Make) -> None:
    mine = study()

    mine.go_on(hill, most=1_000_000, usable=anything, seconds=0)

    assert [each.values for each in mine.tries] == [{"near": 0.9, "idle": 5}]


def test_looks_at_the_untouched_part_are_counted(study: Make, tmp_path: Path) -> None:
    file = tmp_path / "study.db"

    assert study(file).looked() == 1
    assert study(file).looked() == 2


def test_another_question_is_refused_with_what_differs(study: Make, tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    study(file)

    with pytest.raises(StudyMismatch, match=r"study\.db is about something else \(people\)"):
        study(file, question="some")
    with pytest.raises(StudyMismatch, match="range of near"):
        Study(file, "mine", QUESTION, (Dimension("near", 0, 2, 0.9), IDLE), seed=0)


def test_a_file_that_is_something_else_is_left_as_it_is(study: Make, tmp_path: Path) -> None:
    text, records = tmp_path / "notes.txt", tmp_path / "kindred.db"
    text.write_text("not a database, but some words that are long enough")
    with sqlite3.connect(records) as connection:
        connection.execute("CREATE TABLE items (key INTEGER)")
    connection.close()
    before = records.read_bytes()

    for file in (text, records):
        with pytest.raises(StudyMismatch, match=file.name):
            study(file)
    assert records.read_bytes() == before


def test_without_optuna_it_says_what_to_install(
    study: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)

    with pytest.raises(TunerUnavailable, match=r"kindred\[evaluate\]"):
        study()
