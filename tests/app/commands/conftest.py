"""The command line inside the test's process, where starting it costs nothing."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import main
from tests.service import HASHED


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


Kindred = Callable[..., Done]


@pytest.fixture
def kindred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Kindred:
    """Run a command on data in the test's folder; keywords set variables."""

    def run(*arguments: str, **settings: str) -> Done:
        for name, value in {**HASHED, "KINDRED_DATA_DIR": str(tmp_path), **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["kindred", *arguments])
        with pytest.raises(SystemExit) as ending:
            main()
        written = capsys.readouterr()
        return Done(int(ending.value.code or 0), written.out, written.err)

    return run
