"""The command line as people type it, inside the test's process."""

from collections.abc import Callable, Mapping

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.settings import variable

Kindred = Callable[..., Result]


def typing_kindred(monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]) -> Kindred:
    """Return what runs a command under settings, by their options' names.

    `given` is what it reads from standard input.
    """
    for name, value in settings.items():
        monkeypatch.setenv(variable(name), value)
    runner = CliRunner()

    def run(*arguments: str, given: str | None = None) -> Result:
        return runner.invoke(app, arguments, input=given)

    return run
