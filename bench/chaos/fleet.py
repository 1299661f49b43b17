"""Three apps, two workers, PostgreSQL and a Milvus server, each killed and started at will."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import httpx

from tests.postgres_server import PostgresServer, running_postgres_server
from tests.service import HASHED, free_port, inherited, ran, until

START_SECONDS = 120.0
"""Longest a process may take to answer; on two busy cores five at once take a while."""

LEASE_SECONDS = 5
"""Of what a worker has in hand: what a killed one held is taken up again soon."""

DURABLE = {"synchronous_commit": "on"}
"""Without a sync of the disk, which a kill does not need, but with the log written at a commit."""


class Killable(Protocol):
    """Something that runs in processes of its own."""

    def start(self) -> None:
        """Start it again where it was."""
        ...

    def kill(self) -> None:
        """End it by SIGKILL."""
        ...


class Member:
    """A `kindred` process.

    Attributes:
        url: Where it answers; None for a worker.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self._command = command
        port = environment.get("KINDRED_PORT")
        self.url = f"http://127.0.0.1:{port}" if port is not None else None
        self._environment = environment
        self.log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and do not wait for it."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *self._command],
                env=self._environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as the kernel would; nothing happens if it is gone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it in its tracks, as a machine that swaps or a debugger does: it comes late."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it gracefully, and by force when that takes too long."""
        self._end(signal.SIGTERM)

    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def answers(self) -> bool:
        """Whether an app answers; raises when it ended by itself."""
        if self.ended():
            message = f"{self.name} ended by itself: {self.log.read_text()[-2_000:]}"
            raise RuntimeError(message)
        try:
            answer = httpx.get(f"{self.url}/health/live", timeout=5, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
            os.killpg(process.pid, number)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


class Fleet:
    """Everything that runs.

    Attributes:
        apps: Answer HTTP.
        workers: Index.
        postgres: Holds the records.
        database_url: Where they are.
        milvus_uri: Where vectors are.
        environment: Of another `kindred` command beside them.
    """

    def __init__(
        self, folder: Path, postgres: PostgresServer, milvus_uri: str, *, apps: int, workers: int
    ) -> None:
        self.postgres = postgres
        self.milvus_uri = milvus_uri
        self.database_url = postgres.url(postgres.create_database())
        self.environment = {
            **inherited(),
            **HASHED,
            "KINDRED_DATA_DIR": str(folder),
            "KINDRED_DATABASE_URL": self.database_url,
            "KINDRED_MILVUS_URI": milvus_uri,
            "KINDRED_WORKER": "none",
            "KINDRED_WORKER_LEASE": f"{LEASE_SECONDS}s",
            # One that hangs in a server that is gone is not waited for longer than that.
            "KINDRED_MILVUS_WRITE_TIMEOUT": "10s",
        }
        self.apps = [
            Member(
                f"app-{number}",
                ["serve"],
                {**self.environment, "KINDRED_PORT": str(free_port())},
                folder,
            )
            for number in range(apps)
        ]
        self.workers = [
            Member(f"worker-{number}", ["worker"], self.environment, folder)
            for number in range(workers)
        ]

    def start(self) -> None:
        """Start everything of Kindred, and wait until every app answers."""
        # One first: the others would wait for its upgrade of the schema.
        for each in (*self.apps, *self.workers):
            each.start()
        self.wait()

    def wait(self) -> None:
        """Wait until every app answers."""
        for app in self.apps:
            until(app.answers, seconds=START_SECONDS, what=f"{app.name} answers (see {app.log})")

    def stop(self) -> None:
        """End everything of Kindred."""
        for each in (*self.apps, *self.workers):
            each.stop()

    def run(self, *arguments: str, seconds: float = 300) -> "subprocess.CompletedProcess[str]":
        """Run another `kindred` command beside them."""
        return ran(*arguments, environment=self.environment, seconds=seconds)


@contextmanager
def running_fleet(
    folder: Path, milvus_uri: str, *, apps: int = 3, workers: int = 2
) -> Iterator[Fleet]:
    """Run everything but Milvus, with a PostgreSQL of its own; all of it is gone afterwards."""
    with ExitStack() as closing:
        postgres = closing.enter_context(running_postgres_server(DURABLE))
        fleet = Fleet(folder, postgres, milvus_uri, apps=apps, workers=workers)
        closing.callback(fleet.stop)
        fleet.start()
        yield fleet
