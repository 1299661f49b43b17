"""A real Milvus server on this machine, without Docker, for tests and benchmarks.

The package `milvus==2.3.5` ships the server's binary. Its own launcher is not used: it picks other
ports than it was told when they look busy, and leaves the server behind when it is terminated.
"""

import http.client
import importlib.util
import lzma
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

START_TIMEOUT = timedelta(seconds=120)
STOP_TIMEOUT = timedelta(seconds=20)
_CHECK_INTERVALS = ("checkSegmentInterval", "checkChannelInterval", "checkBalanceInterval")
_PLACEHOLDER = re.compile(r"\{\{ *(?P<name>\w+)(?:\(\w+\))?(?:: *(?P<default>[^}]*?))? *\}\}")


class ServerStartError(RuntimeError):
    """The server gave up or was not healthy in time; the message holds the end of its log."""


class MilvusServer:
    """One server with its data in one folder; it may be killed and started again.

    Args:
        folder: Empty, or left by an earlier server.
        session_seconds: How long a killed server's parts count as alive; the next one waits for it.

    Attributes:
        uri: Where clients find it; the same after a restart.
        folder: Where its data and its log are.
    """

    def __init__(self, folder: Path, *, session_seconds: int = 30) -> None:
        self.folder = folder.resolve()  # it runs in there: a relative one would be looked for in it
        self._session_seconds = session_seconds
        self._ports = _free_ports(_port_names(_template()) | {"etcd_peer_port", "metrics_port"})
        self._process: subprocess.Popen[bytes] | None = None
        self.uri = f"http://127.0.0.1:{self._ports['proxy_port']}"

    def start(self) -> None:
        """Start it and wait until it is healthy; raise ServerStartError when it is not in time."""
        binaries = _unpacked()
        self._configure()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [binaries / "milvus", "run", "standalone"],
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "HOME": str(self.folder),
                    "LD_LIBRARY_PATH": str(binaries),
                    "DEPLOY_MODE": "STANDALONE",
                    "METRICS_PORT": str(self._ports["metrics_port"]),
                    "MILVUS_RUN_DIR": str(self.folder / "run"),
                },
            )
        self._wait_until_healthy()

    def kill(self) -> None:
        """Send SIGKILL and wait until it is gone: what a crash looks like."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, and kill it when it does not in time; nothing happens if it is gone."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT.total_seconds())
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _configure(self) -> None:
        values: dict[str, object] = {
            **self._ports,
            "session_seconds": self._session_seconds,
            "etcd_config": self.folder / "etcd.yaml",
            "etcd_data_dir": self.folder / "etcd",
            "etcd_log_path": self.folder / "etcd.log",
            "local_storage_dir": self.folder / "storage",
            "rocksmq_data_dir": self.folder / "rocksmq",
            # Empty: no log files of its own, everything goes to standard output.
            "system_log_path": "",
        }
        (self.folder / "etcd.yaml").write_text(self._etcd_configuration())
        configs = self.folder / "configs"
        configs.mkdir(parents=True, exist_ok=True)
        (configs / "milvus.yaml").write_text(_filled(_template(), values))
        shutil.copy(_package() / "data" / "glog.conf", configs / "glog.conf")
        (self.folder / "logs").mkdir(exist_ok=True)

    def _etcd_configuration(self) -> str:
        peers, clients = (
            f"http://127.0.0.1:{self._ports[name]}" for name in ("etcd_peer_port", "etcd_port")
        )
        settings = {
            "name": "default",
            "data-dir": self.folder / "etcd",
            "log-outputs": f"[{self.folder / 'etcd.log'}]",
            "log-level": "warn",
            "listen-client-urls": clients,
            "advertise-client-urls": clients,
            "listen-peer-urls": peers,
            "initial-advertise-peer-urls": peers,
            "initial-cluster": f"default={peers}",
        }
        return "".join(f"{name}: {value}\n" for name, value in settings.items())

    def _wait_until_healthy(self) -> None:
        port = self._ports["metrics_port"]
        deadline = time.monotonic() + START_TIMEOUT.total_seconds()
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if _is_healthy(port):
                return
            time.sleep(0.1)
        self.kill()
        log = (self.folder / "server.log").read_text(errors="replace")
        raise ServerStartError(f"not healthy on port {port}; its log ends:\n{log[-4000:]}")


@contextmanager
def running_milvus_server(*, session_seconds: int = 30) -> Iterator[MilvusServer]:
    """Run a server with an empty temporary folder; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kindred-milvus-", ignore_cleanup_errors=True) as name:
        server = MilvusServer(Path(name), session_seconds=session_seconds)
        try:
            server.start()
            yield server
        finally:
            server.kill()


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return b"OK" in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _package() -> Path:
    # Found, not imported: importing it makes a server object as a side effect.
    found = importlib.util.find_spec("milvus")
    if found is None or found.origin is None:
        raise ServerStartError("the package milvus==2.3.5 (extra `test`) is not installed")
    return Path(found.origin).parent


def _template() -> str:
    given = (_package() / "data" / "config.yaml.template").read_text()
    # `etcd_port` is only where clients look; without a configuration file of its own the embedded
    # etcd listens on 2379 and 2380 whatever the template says.
    given = given.replace("\netcd:\n", "\netcd:\n  config:\n    path: {{ etcd_config }}\n", 1)
    given = given.replace("    ttl: 30 #", "    ttl: {{ session_seconds }} #", 1)
    # By default it looks at what is to be loaded once a second, which makes `create` take three.
    checks = "".join(f"  {name}: 50\n" for name in _CHECK_INTERVALS)
    given = given.replace("\nqueryCoord:\n", f"\nqueryCoord:\n{checks}", 1)
    return given.replace("  distPullInterval: 500\n", "  distPullInterval: 50\n", 1)


def _port_names(template: str) -> set[str]:
    names = {found["name"] for found in _PLACEHOLDER.finditer(template)}
    return {name for name in names if name.endswith("_port")}


def _filled(template: str, values: Mapping[str, object]) -> str:
    def value(found: re.Match[str]) -> str:
        return str(values.get(found["name"], found["default"] or ""))

    return _PLACEHOLDER.sub(value, template)


def _free_ports(names: set[str]) -> dict[str, int]:
    # All are held open until the last is chosen, so that no two are the same.
    with ExitStack() as held:
        ports = {}
        for name in sorted(names):
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            ports[name] = listener.getsockname()[1]
        return ports


def _unpacked() -> Path:
    """Unpack the binaries once a machine: it takes seconds and 300 MB."""
    kept = Path.home() / ".cache" / "kindred" / f"milvus-{version('milvus')}"
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=kept.parent))
    for packed in (_package() / "data" / "bin").glob("*.lzma"):
        binary = fresh / packed.stem
        with lzma.open(packed) as source, binary.open("wb") as target:
            shutil.copyfileobj(source, target)
        binary.chmod(0o755)
    try:
        fresh.rename(kept)
    except OSError:  # another process was faster
        shutil.rmtree(fresh)
    return kept
