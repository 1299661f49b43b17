"""What a shell is told when somebody presses TAB."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = "import sys; sys.argv[0] = 'kindred'; from app.cli import main; main()"
SHELLS = {"bash": "complete -o default -F", "zsh": "#compdef kindred", "fish": "complete --command"}


def kindred(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, **environment},  # noqa: TID251 - what a child process inherits
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("shell", "part"), SHELLS.items())
def test_each_shell_is_given_its_script(shell: str, part: str) -> None:
    done = kindred(_KINDRED_COMPLETE=f"source_{shell}")

    assert done.returncode == 0, done.stderr
    assert part in done.stdout
    assert f"complete_{shell}" in done.stdout


def test_the_options_that_show_and_install_it_are_there() -> None:
    done = kindred("--help", COLUMNS="200")

    assert "--show-completion" in done.stdout
    assert "--install-completion" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("kindred doc", {"doctor"}),
        ("kindred queue ", {"list", "retry", "drop"}),
        ("kindred import it", {"items"}),
        ("kindred reindex --ro", {"--rollback"}),
        ("kindred --deb", {"--debug"}),
    ],
)
def test_names_are_completed(words: str, expected: set[str]) -> None:
    number = str(len(words.split(" ")) - 1)

    bash = kindred(_KINDRED_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=number)
    zsh = kindred(_KINDRED_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=words)
    fish = kindred(
        _KINDRED_COMPLETE="complete_fish",
        _TYPER_COMPLETE_ARGS=words,
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )

    assert set(bash.stdout.split()) == expected
    assert all(name in zsh.stdout for name in expected)
    assert {line.split("\t")[0] for line in fish.stdout.splitlines()} == expected


def test_bash_completes_with_the_script_it_is_given(tmp_path: Path) -> None:
    program = tmp_path / "kindred"
    program.write_text(f'#!{sys.executable}\nimport sys; sys.path.insert(0, "{Path.cwd()}")\n{RUN}')
    program.chmod(0o755)
    script = (
        'eval "$(_KINDRED_COMPLETE=source_bash kindred)"; complete -p kindred; '
        "COMP_WORDS=(kindred que); COMP_CWORD=1; _kindred_completion kindred; "
        'echo "${COMPREPLY[@]}"'
    )

    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.splitlines()[-1] == "queue", done.stderr


def test_completing_imports_nothing_heavy() -> None:
    heavy = "('sqlalchemy', 'pymilvus', 'fastapi', 'numpy', 'torch', 'pydantic')"
    look = f"import sys, app.cli; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "[]\n"
