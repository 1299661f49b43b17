"""From a log to what is recommended, through the real pipeline."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.log import Deed, Log, Thing
from app.evaluations import Trial
from app.settings import Settings, variable
from app.tuning.errors import NothingToTune
from app.tuning.outcome import EVERYBODY
from app.tuning.segments import members
from app.tunings import Plan, Tuned, tune

pytest.importorskip("optuna", reason="the extra `evaluate` is not installed")

pytestmark = pytest.mark.usefixtures("learns_here")

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
    given = {
        "data_dir": str(folder),
        "text_model": "hash",
        "image_model": "none",
        "train_passes": "1",
        **said,
    }
    return {variable(name): value for name, value in given.items()}


def run(plan: Plan, environment: Mapping[str, str], log: Log | None = None) -> Tuned:
    return tune(log or grouped(), plan, environment, clock=lambda: datetime.now(UTC))  # noqa: TID251 - leases need the real time


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


def test_what_is_found_stays_untested_where_somebody_else_tests_it(tmp_path: Path) -> None:
    environment = hashed(tmp_path, diversity="1")

    tuned = run(Plan(LAST, tries=6, proves=False), environment)

    (found,) = tuned.found
    assert found.changes
    assert found.tested is None
    assert found.looks == 0
    assert not found.surely_better


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


def test_ways_to_learn_are_tried_before_ranking_and_proved_together(tmp_path: Path) -> None:
    # Items that say nothing, of which only what people do can tell which go together.
    environment = hashed(tmp_path, train_passes="2", train_dimensions="2")
    log = grouped()
    silent = replace(log, things=tuple(Thing(each.item_id) for each in log.things))

    tuned = run(Plan(LAST, tries=1, training=2), environment, silent)

    (found,) = tuned.found
    names = [each.name for each in found.dimensions]
    assert {"train_dimensions", "diversity", "weight_behaviour"} <= set(names)
    assert len(found.trained) == 2
    assert found.trained[0].values["train_dimensions"] == 2
    assert found.best.values.keys() == set(names)
    assert found.now == found.trained[0].mean
    read = Settings.from_environment({**environment, **found.changes})
    assert read.train_dimensions == found.best.values["train_dimensions"]


def test_where_nothing_can_be_learned_no_way_to_learn_is_tried(tmp_path: Path) -> None:
    whole = grouped()
    # Everybody's only other item is one nobody else has, so that nothing is left to learn from.
    deeds = [
        Deed(f"u{n:02}", item, "view", None, 86_400.0 * day)
        for n in range(PEOPLE)
        for day, item in enumerate([f"g0-{n % SIZE}", f"own-{n}", f"g1-{n % SIZE}"])
    ]
    log = Log.of("small", deeds, whole.things)

    with pytest.raises(NothingToTune, match="no training to tune"):
        run(Plan(LAST, training=1), hashed(tmp_path), log)


def test_too_few_people_are_told(tmp_path: Path) -> None:
    trial = Trial(split="last", ks=(3,), exact=True, people=10)

    with pytest.raises(NothingToTune, match="everybody 10 and 10"):
        run(Plan(trial), hashed(tmp_path))
