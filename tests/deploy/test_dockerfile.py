"""The Dockerfile, its steps compared with what the project says of itself."""

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from app.cli import app
from tests.deploy.stack import COMPOSE, ROOT, Dockerfile, parsed

FILE = Dockerfile.read()
INSTALL = FILE.all("RUN")[2]


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return found


def copied() -> list[str]:
    """Name what is copied from the repository."""
    steps = [step.split() for step in FILE.all("COPY") if not step.startswith("--from")]
    return [source for step in steps for source in step[:-1]]


def test_what_is_installed_is_the_project_with_extras_it_has() -> None:
    wanted = re.findall(r"'\.\[([\w,-]+)\]'", INSTALL)

    assert wanted == ["offline"]
    assert set(wanted) <= set(project()["project"]["optional-dependencies"])


def test_the_python_of_the_image_is_one_the_project_takes() -> None:
    least, most = re.findall(r"3\.(\d+)", project()["project"]["requires-python"])
    minor = FILE.all("ARG")[0].removeprefix("PYTHON=3.")

    assert int(least) <= int(minor) < int(most)
    assert [stage.split()[0] for stage in FILE.all("FROM")] == ["python:${PYTHON}-slim"] * 2


def test_everything_that_is_copied_exists_and_reaches_the_builder() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]

    for source in copied():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, rule) for rule in let_in), source


def test_a_package_of_what_is_copied_is_whole(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    for name in copied():
        (source / name).symlink_to(ROOT / name)
    # Built without isolation: nothing is fetched.
    arguments = ["wheel", "--no-deps", "--no-build-isolation", "--quiet"]

    subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--wheel-dir", str(tmp_path), _real(source)],
        check=True,
        timeout=120,
        capture_output=True,
    )

    with zipfile.ZipFile(next(tmp_path.glob("kindred-*.whl"))) as wheel:
        held = set(wheel.namelist())
    needed = {
        path.relative_to(ROOT).as_posix()
        for folder in ("app", "embedders", "indexer")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".safetensors", ".mako", ".json", ".typed"}
        and "__pycache__" not in path.parts
    }
    assert needed <= held


@pytest.mark.parametrize(
    ("accelerator", "index"),
    [("cpu", "--extra-index-url https://download.pytorch.org/whl/cpu "), ("cuda", "")],
)
def test_the_build_argument_chooses_the_build_of_pytorch(
    accelerator: str, index: str, tmp_path: Path
) -> None:
    run = _install_step(accelerator, tmp_path)

    assert run.returncode == 0, run.stderr
    assert run.stdout == f"install {index}.[offline]\n"


def test_another_accelerator_is_refused_by_name(tmp_path: Path) -> None:
    run = _install_step("tpu", tmp_path)

    assert run.returncode != 0
    assert "'tpu'" in run.stderr


def test_the_default_is_the_one_compose_names() -> None:
    build = parsed(COMPOSE)["services"]["app"]["build"]

    assert "ACCELERATOR=cpu" in FILE.all("ARG")
    assert build["args"] == {"ACCELERATOR": "${ACCELERATOR:-cpu}"}
    assert (ROOT / build["context"] / "Dockerfile").is_file()


def test_the_container_runs_the_program_as_nobody_special() -> None:
    words = [word for word, _ in FILE.instructions]
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    entry = json.loads(FILE.all("ENTRYPOINT")[0])

    assert FILE.all("USER") == ["kindred"]
    assert words.index("USER") > words.index("ENV")
    assert entry == list(project()["project"]["scripts"])
    assert json.loads(FILE.all("CMD")[0])[0] in program.commands


def test_the_health_check_asks_the_port_and_path_of_the_program() -> None:
    port = FILE.environment()["KINDRED_PORT"]
    check = FILE.all("HEALTHCHECK")[0]

    assert FILE.all("EXPOSE") == [port]
    assert f"http://127.0.0.1:{port}/health/live" in check


def _install_step(accelerator: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the step with a pip that only says what it was asked for."""
    step = INSTALL.partition("/root/.cache/pip")[2].strip()
    pip = folder / "pip"
    pip.write_text('#!/bin/sh\necho "$@"\n')
    pip.chmod(0o755)
    return subprocess.run(
        ["sh", "-c", step.replace("/opt/kindred/bin/pip", shlex.quote(str(pip)))],
        env={"ACCELERATOR": accelerator, "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def _real(folder: Path) -> str:
    """Copy what is linked to, so that building writes nothing into the repository."""
    whole = folder.with_name("whole")
    subprocess.run(["cp", "-rL", str(folder), str(whole)], check=True)
    return str(whole)
