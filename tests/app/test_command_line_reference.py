"""docs/reference/command-line.md names everything that can be typed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli import app

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"


def typed() -> Iterator[str]:
    """Every command with its parents, and every option after its command."""

    def of(command: Any, words: str) -> Iterator[str]:  # noqa: ANN401 - typer does not export its type
        yield from (
            f"{words} {option}"
            for parameter in command.params
            for option in parameter.opts
            if option.startswith("--") and not getattr(parameter, "hidden", False)
        )
        for name, child in getattr(command, "commands", {}).items():
            yield f"{words} {name}"
            yield from of(child, f"{words} {name}")

    yield from of(typer.main.get_command(app), "kindred")


@pytest.mark.parametrize("words", sorted({each for each in typed() if "--help" not in each}))
def test_the_reference_names_it(words: str) -> None:
    command, _, option = words.partition(" --")

    lines = [line for line in REFERENCE.read_text().splitlines() if command in line]

    assert lines
    assert not option or any(f"--{option}" in line for line in lines)
