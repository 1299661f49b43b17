"""`kindred tune` as people type it."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.api.scenario_bodies import ScenarioBody
from app.settings import Settings
from tests.app.typing_kindred import Kindred, typing_kindred

pytest.importorskip("optuna", reason="the extra `evaluate` is not installed")

pytestmark = pytest.mark.usefixtures("learns_here")


@pytest.fixture
def kindred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kindred:
    settings = {
        "data_dir": str(tmp_path / "data"),
        "text_model": "hash",
        "image_model": "none",
        "diversity": "1",  # to be found as not good
    }
    return typing_kindred(monkeypatch, settings)


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, ...]:
    """People who each like one group of items, half of which they know."""
    random = np.random.default_rng(1)
    rows = ["user_id,item_id,type,timestamp"]
    for person in range(40):
        for day, n in enumerate(random.permutation(8)[:4].tolist()):
            rows.append(f"u{person},g{person % 3}-{n},purchase,2026-01-{3 * day + 1:02}")
    clicks, items = tmp_path / "clicks.csv", tmp_path / "items.csv"
    clicks.write_text("\n".join(rows) + "\n")
    words = ("red mug", "blue lamp", "green wok")
    described = [f"g{g}-{n},{words[g]} {words[g]} {n}" for g in range(3) for n in range(8)]
    items.write_text("item_id,title\n" + "\n".join(described) + "\n")
    return ("tune", str(clicks), "--items", str(items), "--split", "last", "--exact", "--k", "3")


def test_settings_are_found_proved_and_written(
    kindred: Kindred, data: tuple[str, ...], tmp_path: Path
) -> None:
    settings, result = tmp_path / "tuned.env", tmp_path / "tuned.json"

    done = kindred(*data, "--tries", "5", "--settings", str(settings), "--json", str(result))

    assert done.exit_code == 0, done.output
    assert "chosen by 40 people" in done.stdout
    assert "everybody: better, ndcg@3" in done.stdout
    lines = [each for each in settings.read_text().splitlines() if not each.startswith("#")]
    read = Settings.from_environment(dict(each.split("=", 1) for each in lines))
    assert read.diversity < 1
    (found,) = json.loads(result.read_text())["found"]
    assert found["changes"] == dict(each.split("=", 1) for each in lines)
    assert not (tmp_path / "data").exists()


def test_a_scenario_is_written_and_gone_on_with(
    kindred: Kindred, data: tuple[str, ...], tmp_path: Path
) -> None:
    folder, study = tmp_path / "scenarios", tmp_path / "study.db"
    options = ("--scenarios", str(folder), "--study", str(study), "--tries", "3", "--anyway")

    first = kindred(*data, *options)
    again = kindred(*data, *options)

    assert first.exit_code == again.exit_code == 0, first.output + again.output
    body = ScenarioBody.model_validate(json.loads((folder / "tuned.json").read_text()))
    assert body.defaults.model_dump(exclude_unset=True)
    assert "PUT /v1/scenarios/tuned" in first.stdout
    assert "reaches" in first.output
    assert "reaches" not in again.output
    assert "has been looked at 2 times" in " ".join(again.stdout.split())


def test_what_is_not_surely_better_is_not_written(
    kindred: Kindred, data: tuple[str, ...], tmp_path: Path
) -> None:
    settings = tmp_path / "tuned.env"

    done = kindred(*data, "--tries", "1", "--settings", str(settings), "--anyway")

    assert done.exit_code == 0, done.output
    assert "keep that" in done.stdout
    assert not settings.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--segments",), "say where to with --scenarios"),
        (("--scenarios", "a", "--settings", "b"), "one of them at a time"),
        (("--training", "2", "--scenarios", "a"), "is for everybody"),
        (("--metric", "accuracy"), "'accuracy', but must be one of ndcg"),
        (("--split", "weekly"), "'weekly', but must be one of time, last"),
    ],
)
def test_options_that_cannot_be_used_are_told(
    kindred: Kindred, data: tuple[str, ...], arguments: tuple[str, ...], told: str
) -> None:
    done = kindred(*data, *arguments)

    assert done.exit_code == 2
    assert told in " ".join(done.output.replace("│", " ").split())
