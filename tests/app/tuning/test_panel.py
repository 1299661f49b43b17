"""People judge in batches, each of them once."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from app.evaluation.baselines.counting import Popular, Random
from app.evaluation.metrics import METRICS, Ranking, found
from app.evaluation.splits import Questions, leave_last_out, questions
from app.tuning.panel import BATCHES, LEAST_BATCH, Panel
from tests.app.evaluation.small import log


def asked(people: int) -> Questions:
    deeds = [
        (f"u{p:04}", f"i{(p * 7 + d * 3) % 50}", float(d)) for p in range(people) for d in (1, 2)
    ]
    return questions(log(*deeds), leave_last_out)


@dataclass
class Counting:
    """Ranks as another does, and counts who was asked."""

    name: str = "counting"
    people: list[int] = field(default_factory=list)

    def rank(self, asked: Questions, k: int) -> Ranking:
        self.people += asked.people.tolist()
        return Popular().rank(asked, k)


@pytest.mark.parametrize(("people", "batches"), [(7, 1), (95, 9), (2_000, BATCHES)])
def test_everybody_is_in_one_batch(people: int, batches: int) -> None:
    panel, method = Panel.of(asked(people), 5, seed=1), Counting()

    values = panel.judged(method, "ndcg")

    assert len(panel.batches) == batches
    assert people < 2 * LEAST_BATCH or min(map(len, panel.batches)) >= LEAST_BATCH
    assert sorted(method.people) == panel.asked.people.tolist()
    assert not np.isnan(values).any()


def test_each_person_is_judged_as_if_all_were_asked_at_once() -> None:
    panel = Panel.of(asked(60), 5, seed=1)
    ranking = Random().rank(panel.asked, 5)
    hits = found(ranking, list(panel.asked.targets))

    whole = panel.whole(Random())

    assert whole.keys() == METRICS.keys()
    for name, metric in METRICS.items():
        assert whole[name].tolist() == metric(hits, panel.asked.wanted, 5).tolist()


def test_who_was_not_asked_any_more_has_no_number() -> None:
    panel, method = Panel.of(asked(60), 5, seed=1), Counting()

    values = panel.judged(method, "hit", lambda batch, _: batch == 1)

    assert np.flatnonzero(~np.isnan(values)).tolist() == sorted(
        np.concatenate(panel.batches[:2]).tolist()
    )
    assert len(method.people) == len(panel.batches[0]) + len(panel.batches[1])
