"""A running `kindred serve` in a process of its own, for system tests and benchmarks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

HASHED = {
    "KINDRED_TEXT_MODEL": "hash",
    "KINDRED_IMAGE_MODEL": "hash",
}
"""Settings without a model file, for what does not depend on what vectors mean."""


def free_port() -> int:
    """Find a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(met: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait for a condition, looking often; raises TimeoutError naming it."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            message = f"after {seconds} s still not: {what}"
            raise TimeoutError(message)
        time.sleep(0.02)


def inherited() -> dict[str, str]:
    """Return what a child process inherits of the environment: all but settings."""
    environment = os.environ  # noqa: TID251 - see above
    return {name: each for name, each in environment.items() if not name.startswith("KINDRED_")}


def ran(
    *arguments: str, environment: Mapping[str, str], seconds: float, given: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a `kindred` command to its end.

    Args:
        arguments: Behind `kindred`.
        environment: All of it.
        seconds: Longest it may take.
        given: On its standard input; None: this process's own.
    """
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class Service:
    """`kindred serve` on a free port, its data in one folder; a context manager."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **inherited(),
            "KINDRED_DATA_DIR": str(folder),
            "KINDRED_PORT": str(self.port),
            **settings,
        }
        self.log = folder / "service.log"
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.client.close()

    @property
    def pid(self) -> int:
        """Of the process that serves; raises when there is none."""
        if self._process is None:
            message = "the service has not been started"
            raise RuntimeError(message)
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it answers."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve"],
                env=self.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        until(self.answers, seconds=60, what=f"the service answers (see {self.log})")

    def answers(self) -> bool:
        """Whether HTTP answers; raises when the process has ended."""
        process = self._process
        if process is None or process.poll() is not None:
            message = f"the service ended: {self.log.read_text()[-2_000:]}"
            raise RuntimeError(message)
        try:
            return self.client.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def ready(self, *, seconds: float = 60) -> None:
        """Wait until everything is up."""

        def status() -> bool:
            return bool(self.client.get("/health/ready").json()["status"] == "ready")

        until(status, seconds=seconds, what=f"the service is ready (see {self.log})")

    def kill(self) -> None:
        """End it as the kernel would, without a chance to clean up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it gracefully, and by force when that takes too long."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, number)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
        self._process = None

    def run(self, *arguments: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run another `kindred` command with the same settings."""
        return ran(*arguments, environment=self.environment, seconds=seconds)

    @contextmanager
    def background(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run another `kindred` command with the same settings, and end it afterwards."""
        with self.log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *arguments],
                env=self.environment,
                stdout=out,
                stderr=out,
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)
