"""From a log to what is recommended, through the real pipeline."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.log import Deed, Log, Thing
from app.evaluations import Trial
from app.settings import variable
from app.tuning.errors import NothingToTune
from app.tuning.outcome import EVERYBODY
from app.tuning.segments import members
from app.tunings import Plan, Tuned, tune

pytest.importorskip("optuna", reason="the extra `evaluate` is not installed")

GROUPS, SIZE, PEOPLE = 3, 8, 36
LAST = Trial(split="last", ks=(3,), exact=True)


def grouped() -> Log:
    """Make people who each like one group of items, half of which they know; groups share words."""
    random = np.random.default_rng(1)
    deeds = []
    for person in range(PEOPLE):
        chosen = random.permutation(SIZE)[:4].tolist()
        deeds += [
            Deed(f"u{person:02}", f"g{person % GROUPS}-{n}", "view", None, 86_400.0 * day)
            for day, n in enumerate(chosen)
        ]
    words = ("red clay mug", "blue desk lamp", "green iron wok")
    things = [
        Thing(f"g{group}-{n}", f"{words[group]} {words[group]} {n}")
        for group in range(GROUPS)
        for n in range(SIZE)
    ]
    return Log.of("small", deeds, things)


def hashed(folder: Path, **said: str) -> dict[str, str]:
    given = {"data_dir": str(folder), "text_model": "hash", "image_model": "none", **said}
    return {variable(name): value for name, value in given.items()}


def run(plan: Plan, environment: Mapping[str, str]) -> Tuned:
    return tune(grouped(), plan, environment, clock=lambda: datetime.now(UTC))  # noqa: TID251 - leases need the real time


def test_a_setting_that_spoils_lists_is_found_and_the_gain_is_proved(tmp_path: Path) -> None:
    # Lists of what is as unlike as can be.
    environment = hashed(tmp_path, diversity="1")

    tuned = run(Plan(LAST, tries=6), environment)

    (found,) = tuned.found
    assert found.name == EVERYBODY
    assert found.surely_better
    assert float(found.changes["KINDRED_DIVERSITY"]) < 1
    assert found.looks == 1
    # The test part is each person's last, the validation part the one before.
    assert len(tuned.test.train) - len(tuned.validation.train) == PEOPLE
    assert {each.metric for each in found.tested or ()} >= {"ndcg@3", "recall@3", "mrr@3"}


def test_where_nothing_is_better_the_untouched_part_is_not_looked_at(tmp_path: Path) -> None:
    tuned = run(Plan(LAST, tries=1), hashed(tmp_path))

    (found,) = tuned.found
    assert found.changes == {}
    assert found.tested is None
    assert found.looks == 0
    assert not found.surely_better


def test_segments_get_what_is_best_for_them_and_small_ones_are_told(tmp_path: Path) -> None:
    plan = Plan(LAST, tries=4, segments=True, scenarios=True)

    tuned = run(plan, hashed(tmp_path, diversity="1"))

    (found,) = tuned.found
    assert found.name == "newcomers"
    assert found.people == int(members(tuned.validation, "newcomers").sum())
    assert {each.name for each in tuned.skipped} == {"casual", "heavy"}
    assert found.changes.keys() <= {"weights", "diversity", "freshness"}


def test_too_few_people_are_told(tmp_path: Path) -> None:
    trial = Trial(split="last", ks=(3,), exact=True, people=10)

    with pytest.raises(NothingToTune, match="everybody 10 and 10"):
        run(Plan(trial), hashed(tmp_path))
