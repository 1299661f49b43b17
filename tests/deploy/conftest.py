"""Secrets as deploy/secrets.sh makes them."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.stack import ROOT


@pytest.fixture(scope="session")
def made() -> "subprocess.CompletedProcess[str]":
    script = Path("deploy") / "secrets.sh"
    return subprocess.run(
        ["sh", str(script)], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )


@pytest.fixture(scope="session")
def secrets(made: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """What the file .env holds once the script has run."""
    pairs = [line.partition("=") for line in made.stdout.splitlines()]
    return {name: value for name, _, value in pairs}
