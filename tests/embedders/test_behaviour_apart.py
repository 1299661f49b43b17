import io
import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from embedders import behaviour_apart
from embedders.behaviour_apart import learn_apart, main
from embedders.behaviour_training import learn
from embedders.errors import LearningFailed, TooLittleToLearn
from embedders.learning import Progress
from tests.embedders.test_behaviour_training import OPTIONS, SMALL, content, walks

QUICK = replace(SMALL, passes=2, latest=0.2)


def learning() -> list[psutil.Process]:
    """Processes of this one that learn."""
    return [
        each
        for each in psutil.Process().children(recursive=True)
        if behaviour_apart.MODULE in each.cmdline()
    ]


class Enough(Exception):
    """Somebody wants learning to end."""


def test_another_process_learns_the_same_and_tells_how_far_it_is() -> None:
    told: list[Progress] = []
    niceness: set[int] = set()

    def progress(now: Progress) -> None:
        told.append(now)
        with suppress(psutil.NoSuchProcess):  # it may just have ended
            niceness.update(each.nice() for each in learning())

    apart = learn_apart(walks(), content(), QUICK, OPTIONS, progress, since=14.0)
    here = learn(walks(), content(), QUICK, OPTIONS, since=14.0)

    assert np.array_equal(apart.candidates, here.candidates)
    assert np.array_equal(apart.evidence, here.evidence)
    assert apart.model.to_bytes() == here.model.to_bytes()
    assert (apart.ndcg, apart.passes) == (here.ndcg, here.passes)
    assert apart.trial is not None
    assert here.trial is not None
    assert np.array_equal(apart.trial.rows, here.trial.rows)
    assert np.array_equal(apart.trial.gains, here.trial.gains)
    assert {(each.stage, each.passed) for each in told} >= {
        ("finding", 0), ("finding", 1), ("finding", 2), ("learning", 1),
    }  # fmt: skip
    assert max(niceness) >= min(psutil.Process().nice() + 10, 19)


def test_learning_ends_when_whoever_asked_for_it_wants_no_more() -> None:
    def progress(now: Progress) -> None:
        assert now.passed == 0
        raise Enough

    with pytest.raises(Enough):
        learn_apart(walks(), content(), SMALL, OPTIONS, progress)

    assert learning() == []


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    # The folder is empty: it would end with an error of its own if it went on to learn.
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(tmp_path)],
        stdin=subprocess.PIPE,
        cwd=Path(behaviour_apart.__file__).parents[1],
    )
    assert process.stdin is not None
    time_out = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and time.monotonic() < time_out:
        assert process.poll() is None

    process.stdin.close()

    assert process.wait(timeout=60) == 1


WAITS = """
import sys, threading, time
from pathlib import Path
from embedders.behaviour_apart import end_with
threading.Thread(target=end_with, args=(sys.stdin.fileno(),), daemon=True).start()
(Path(sys.argv[1]) / "begun").touch()
while True:
    time.sleep(0.01)
"""


def test_a_process_that_dies_leaves_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behaviour_apart, "MODULE", "embedders.no_such_module")

    with pytest.raises(LearningFailed, match=r"ended with 1: .*no_such_module"):
        learn_apart(walks(), content(), SMALL, OPTIONS, lambda _: None)


def asked(folder: Path, **settings: object) -> dict[str, Any]:
    """Ask a folder for learning from nobody; return the last that was said."""
    nobody = walks().kept(np.zeros(len(walks().items), dtype=np.bool_))
    for column in behaviour_apart.SEQUENCES:
        np.save(folder / f"{column}.npy", getattr(nobody, column))
    np.save(folder / "content.npy", content())
    options = {**asdict(OPTIONS), **settings}
    wanted = {"settings": asdict(SMALL), "options": options, "since": None}
    (folder / "asked.json").write_text(json.dumps(wanted))
    said = io.StringIO()
    main(folder, said)
    last: dict[str, Any] = json.loads(said.getvalue().splitlines()[-1])
    return last


def test_too_little_to_learn_from_is_told_as_such(tmp_path: Path) -> None:
    told = asked(tmp_path)

    with pytest.raises(TooLittleToLearn, match="0 interactions"):
        behaviour_apart.found(tmp_path, told)


def test_options_that_cannot_be_used_are_told_in_a_sentence(tmp_path: Path) -> None:
    told = asked(tmp_path, device="abacus")

    with pytest.raises(LearningFailed, match="abacus"):
        behaviour_apart.found(tmp_path, told)
