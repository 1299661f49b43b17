"""What the command line answers to people and to what supervises it."""

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.service import HASHED, Service, inherited, ran, until


def kindred(
    folder: Path, *arguments: str, given: str = "", port: int = 0
) -> "subprocess.CompletedProcess[str]":
    settings = {"KINDRED_DATA_DIR": str(folder), "KINDRED_PORT": str(port), **HASHED}
    return ran(*arguments, environment={**inherited(), **settings}, seconds=60, given=given)


def test_a_dash_imports_what_stands_on_standard_input(tmp_path: Path) -> None:
    done = kindred(
        tmp_path, "import", "items", "-", given='{"item_id": "mug", "title": "Stoneware mug"}\n'
    )

    assert done.returncode == 0, done.stderr
    assert "1 landed" in done.stdout


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    # The first page of a process's memory is never mapped, so reading it fails.
    done = kindred(tmp_path, "import", "items", "/proc/self/mem")

    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert "/proc/self/mem" in done.stderr


def test_a_rollback_of_one_space_is_refused(tmp_path: Path) -> None:
    done = kindred(tmp_path, "reindex", "--rollback", "--space", "image")

    assert done.returncode == 2
    assert "--space" in done.stderr
    assert not list(tmp_path.iterdir())


def test_serving_on_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]

        done = kindred(tmp_path, "serve", port=port)

    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_told_to_stop_ends_as_one_that_did_its_work(
    tmp_path: Path, number: signal.Signals
) -> None:
    service = Service(tmp_path, HASHED)
    tmp_path.joinpath("service.log").touch()
    with service.background("serve") as process:
        until(lambda: b"startup complete" in service.log.read_bytes(), seconds=60, what="it serves")

        process.send_signal(number)

        assert process.wait(timeout=30) == 0
    assert "Traceback" not in service.log.read_text()
