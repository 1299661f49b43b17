"""How commands end when they cannot do what was asked."""

import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from app.commands.endings import Invocation, ended
from app.errors import BadRequest, CommandFailed, SettingsError
from embedders.errors import WeightsUnavailable
from indexer.errors import DatabaseUnavailable
from tests.app.commands.conftest import Kindred
from tests.service import HASHED, Service, until


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path, HASHED)
    yield made
    made.client.close()


def end(error: BaseException | None, *, debug: bool = False) -> tuple[int, str]:
    """Run something that ends so; return its status and what it told."""
    told = io.StringIO()

    def run(invocation: Invocation) -> None:
        invocation.debug = debug
        if error is not None:
            raise error

    return ended(run, Console(file=told, width=200)), told.getvalue()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, (0, "")),
        (SystemExit(), (0, "")),
        (SystemExit(7), (7, "")),
        (SystemExit("text"), (1, "")),
        (KeyboardInterrupt(), (130, "")),
        (BrokenPipeError(), (141, "")),
        (SettingsError("KINDRED_X is not a setting"), (2, "KINDRED_X is not a setting\n")),
        (DatabaseUnavailable("it is [down]"), (1, "it is [down]\n")),
        (WeightsUnavailable("no weights"), (1, "no weights\n")),
        (CommandFailed("no file"), (1, "no file\n")),
        (BadRequest("no JSON"), (1, "no JSON\n")),
        (PermissionError(13, "Permission denied", "/x"), (1, "Permission denied: /x\n")),
        (OSError("odd"), (1, "odd\n")),
    ],
)
def test_what_was_foreseen_is_told_in_a_sentence(
    error: BaseException | None, expected: tuple[int, str]
) -> None:
    assert end(error) == expected


def test_what_nobody_foresaw_is_one_line_that_says_how_to_see_more() -> None:
    status, told = end(ZeroDivisionError("a\nb " + "x" * 1_000))

    assert status == 1
    assert "ZeroDivisionError: a b" in told
    assert "kindred --debug" in told
    assert "Traceback" not in told
    assert len(told) < 500


def test_with_debug_it_is_told_where_as_well() -> None:
    status, told = end(SettingsError("no [such] setting"), debug=True)

    assert status == 2
    assert "Traceback" in told
    assert "test_endings.py" in told
    assert told.endswith("no [such] setting\n")


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "told"),
    [
        (("queue", "list"), {"KINDRED_TEXT_MODLE": "x"}, 2, "KINDRED_TEXT_MODEL"),
        (("queue", "list"), {"KINDRED_DATABASE_URL": "mysql://x"}, 2, "postgresql"),
        (("queue", "list"), {"KINDRED_DATABASE_URL": "postgresql://127.0.0.1:9/x"}, 1, "database"),
        (("queue", "list"), {"KINDRED_DATA_DIR": "/dev/null/x"}, 1, "/dev/null"),
        (("queue", "nonsense"), {}, 2, "nonsense"),
        (("import", "items", "/nowhere"), {}, 2, "nowhere"),
    ],
)
def test_commands_end_without_a_traceback(
    kindred: Kindred, arguments: tuple[str, ...], settings: dict[str, str], status: int, told: str
) -> None:
    done = kindred(*arguments, **settings)

    assert done.returncode == status, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_job_that_cannot_be_done_ends_without_a_traceback(service: Service) -> None:
    done = service.run("reindex", "--rollback")

    assert done.returncode == 1
    assert done.stderr.startswith("no earlier generation is kept")
    assert len(done.stderr.splitlines()) == 1


def test_debug_shows_where_it_happened(kindred: Kindred) -> None:
    done = kindred("--debug", "queue", "list", KINDRED_PORT="no")

    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("KINDRED_PORT")


def test_a_reader_that_goes_away_ends_a_command_quietly(service: Service) -> None:
    script = f"{sys.executable} -m app.cli queue list | true; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", script],
        env=service.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout == "141\n"


def test_an_interrupt_ends_a_command_quietly(service: Service) -> None:
    started = service.folder / "kindred.db"
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "import", "items", "-"],
        env=service.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(started.exists, seconds=30, what="the import has begun")

    process.send_signal(signal.SIGINT)
    written, told = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Traceback" not in told + written
