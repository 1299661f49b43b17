"""The exams, the marks and the baselines of bench.behaviour, on people whose taste is known."""

import math

import numpy as np
import pytest

from bench.behaviour import exams, marks, newcomers, report
from bench.behaviour.baselines import Content, LastItem, Popular, Questions, ease, matrix
from bench.behaviour.contest import BEHAVIOUR, contest
from bench.behaviour.data import Dataset
from bench.behaviour.exams import Exam
from bench.behaviour.marks import Scores
from embedders.items import Content as Nothing
from embedders.learning import TrainingSettings
from embedders.sequences import Sequences, sequences
from embedders.spaces import Array

ITEMS = 12


def held(rows: list[tuple[int, int, float]]) -> Sequences:
    people, items, days = np.array(rows, dtype=np.float64).T
    return sequences(
        people.astype(np.int64),
        items.astype(np.int64),
        np.ones(len(rows), dtype=np.float32),
        days,
        count=int(people.max()) + 1,
    )


def rings(people: int = 60) -> Sequences:
    """Half walk items 0 to 5, half 6 to 11, a step a day, begun on different days."""
    return held(
        [
            (person, 6 * (person % 2) + (person + step) % 6, person + step)
            for person in range(people)
            for step in range(5)
        ]
    )


def always(order: list[int]) -> marks.Scorer:
    def score(_: Exam, questions: Questions) -> Scores:
        scores = np.zeros(ITEMS)
        scores[order] = np.arange(len(order), 0, -1)
        return np.tile(scores, (len(questions), 1))

    return score


def test_the_last_of_each_person_is_asked_for_and_not_learned_from() -> None:
    exam = exams.last_out(rings(), ITEMS, back=0)

    assert len(exam) == 60
    assert len(exam.train.items) == 60 * 4
    assert exam.truths[3].tolist() == [6 + (3 + 4) % 6]
    assert exam.everything.items[exam.history(3)].tolist() == [6 + (3 + s) % 6 for s in range(4)]


def test_validation_does_not_see_the_test() -> None:
    exam = exams.last_out(rings(), ITEMS, back=1)

    assert len(exam.train.items) == 60 * 3
    assert exam.truths[3].tolist() == [6 + (3 + 3) % 6]


def test_nothing_after_the_cut_is_learned_from_and_answers_are_new() -> None:
    everything = rings()

    exam = exams.cut(everything, ITEMS, start=0.5, end=1.0)

    moment = np.quantile(everything.days, 0.5)
    assert exam.train.days.max() < moment
    for question, truth in enumerate(exam.truths):
        assert not np.isin(truth, everything.items[exam.history(question)]).any()
        assert everything.days[exam.history(question)].max() < moment


def test_lines_of_one_order_are_not_known_before_each_other() -> None:
    orders = held([(0, 0, 1.0), (0, 1, 2.0), (0, 2, 9.0), (0, 3, 9.0), (1, 4, 9.5)])

    exam = exams.going_on(orders, ITEMS, start=0.5, end=1.0)

    assert [truth.tolist() for truth in exam.truths] == [[2], [3]]
    assert [exam.history(question) for question in range(2)] == [slice(0, 2)] * 2


def test_only_so_many_questions_a_person_are_asked() -> None:
    long = held([(0, item % ITEMS, float(item)) for item in range(3)] + [(1, 0, 0.5)])

    exam = exams.going_on(long, ITEMS, start=0.1, end=1.0)

    assert 1 <= len(exam) <= exams.GOING_ON


def test_marks_are_those_worked_out_by_hand() -> None:
    exam = exams.last_out(held([(0, 0, 1), (0, 1, 2), (0, 2, 3), (0, 3, 4)]), ITEMS, back=0)

    # What was touched is left out, so item 3 is second.
    marked = marks.mark(exam, always([0, 1, 5, 3, 2]))

    assert marked.ndcg == pytest.approx(1 / math.log2(3))
    assert marked.recall == 1.0
    assert marked.ndcg_interval == pytest.approx((marked.ndcg, marked.ndcg))


def test_equal_scores_are_in_the_order_of_item_numbers() -> None:
    scores = np.array([1.0, 2.0, 1.0, -np.inf, 2.0])

    assert marks.top(scores, 3).tolist() == [1, 4, 0]
    assert marks.top(scores, 5).tolist() == [1, 4, 0, 2]


def test_ease_is_the_closed_form_on_either_side_of_the_matrix() -> None:
    for people in (8, 60):
        exam = exams.last_out(rings(people), ITEMS, back=0)
        touched = matrix(exam.train, ITEMS).toarray().astype(np.float64)
        inverse = np.linalg.inv(touched.T @ touched + 5 * np.eye(ITEMS))
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)

        scores = ease(exam.train, ITEMS, ridge=5.0)(exam, np.arange(len(exam)))

        assert scores == pytest.approx(touched[exam.people] @ weights, abs=1e-4)


def test_baselines_score_what_they_say() -> None:
    exam = exams.last_out(rings(), ITEMS, back=0)
    content: Array = np.eye(ITEMS, dtype=np.float32)
    questions = np.arange(4)

    popular = Popular(exam.train, ITEMS)(exam, questions)
    neighbours = LastItem(exam.train, ITEMS, shrink=0.0)(exam, questions)
    alike = Content(content, half=1.0)(exam, questions)

    assert popular[0] == pytest.approx(exam.train.counts(ITEMS))
    assert neighbours[0, 6:].max() < neighbours[0, :6].min()
    # The newest counts 1, the one before a half, and each looks like itself alone.
    assert sorted(alike[0].tolist(), reverse=True)[:3] == pytest.approx([1.0, 0.5, 0.25])


def test_behaviour_beats_popularity_where_one_thing_follows_another() -> None:
    exam = exams.last_out(rings(), ITEMS, back=0)
    choosing = exams.last_out(rings(), ITEMS, back=1)
    content: Array = np.zeros((ITEMS, 2), dtype=np.float32)
    settings = TrainingSettings(dimensions=8, rate=0.03, passes=15, batch=64, latest=0.0)

    results = list(contest([exam], [choosing], content, settings, lambda _: None))

    assert len(results) == 1
    low, _ = marks.better(results[0].marks[BEHAVIOUR], results[0].marks["popular"])
    assert low > 0
    written = report.table(results[0])
    assert "### Leave last out (60 people)" in written
    assert "| behaviour |" in written


def test_what_nobody_had_touched_by_the_end_was_in_no_shop() -> None:
    done = held([(0, 0, 1.0), (0, 1, 5.0), (1, 2, 9.0)])

    assert newcomers.there(done, 4, 5.0).tolist() == [True, True, False, False]


def test_new_items_are_found_by_content_and_not_by_what_was_popular() -> None:
    # Everybody takes 0, 1 and 2 early; on the last days they go on to 3, which looks like them.
    # Somebody else touched the other eight, so that 3 has the ninth place by popularity.
    steps = [(person, item, person / 100 + item) for person in range(40) for item in range(3)]
    late = [(person, 3, 9.0 + person / 100) for person in range(40)]
    done = held([*steps, *late, *((40, item, item / 10) for item in range(4, ITEMS))])
    looks = np.eye(ITEMS, dtype=np.float32)
    looks[3] = looks[:3].sum(axis=0) / math.sqrt(3)
    dataset = Dataset("drawn", done, (Nothing(),) * ITEMS)
    settings = TrainingSettings(dimensions=4, passes=1, latest=0.0)

    lines = [*newcomers.rows(dataset, looks, 0.75, settings)]

    cells = {line.split(" | ")[0][2:]: line.split(" | ") for line in lines if line.startswith("|")}
    assert cells["content"][2].startswith("1.0000")
    assert cells["popular"][2].startswith(f"{1 / math.log2(10):.4f}")
    assert cells["popular"][3].startswith("1.0000")
    assert "1 new items" in lines[0]
