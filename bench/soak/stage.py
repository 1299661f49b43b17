"""What is put to the test: the service as it comes, or on a Milvus server and PostgreSQL."""

import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.soak.faults import Faults
from bench.soak.shop import SECRET
from tests.milvus_server import MilvusServer, running_milvus_server
from tests.postgres_server import running_postgres_server
from tests.service import HASHED, Service

SETTINGS: Mapping[str, str] = {
    **HASHED,
    "KINDRED_WEBHOOK_SECRET": f"whsec_{SECRET}",
    "KINDRED_TRAIN_EVERY": "0",  # trained when the run says so, not when it happens to
    # Full before the quiet part: what is held then must not grow.
    "KINDRED_CACHED_ITEMS": "2000",
}


@dataclass
class Stage:
    """A running service and what can be broken of it.

    Attributes:
        service: It may be another process later, at the same address.
        milvus: The server, None for the embedded engine.
    """

    service: Service
    milvus: MilvusServer | None

    def pid(self) -> int | None:
        """Of the process that serves now, None while there is none."""
        try:
            return self.service.pid
        except RuntimeError:
            return None

    def kill_service(self, faults: Faults, command: "subprocess.Popen[bytes]") -> None:
        """Kill it as the kernel would, and start it again.

        The command that waits for it is killed, too: it would go on with the work by itself, and
        hold the embedded index until that is done.
        """
        with faults.lasting("the service was killed"):
            self.service.kill()
            command.kill()
            command.wait()
            self.service.start()
            self.service.ready(seconds=120)

    def kill_milvus(self, faults: Faults, over: threading.Event) -> None:
        """Kill the server, leave it dead for a while, and start it again."""
        if self.milvus is None:
            return
        with faults.lasting("the Milvus server was killed"):
            self.milvus.kill()
            over.wait(5)
            self.milvus.start()
            self.service.ready(seconds=300)


@contextmanager
def running(folder: Path, engine: str) -> Iterator[Stage]:
    """Start it, and end it afterwards."""
    with ExitStack() as stack:
        settings = dict(SETTINGS)
        milvus: MilvusServer | None = None
        if engine == "server":
            milvus = stack.enter_context(running_milvus_server())
            postgres = stack.enter_context(running_postgres_server())
            settings |= {
                "KINDRED_MILVUS_URI": milvus.uri,
                "KINDRED_DATABASE_URL": postgres.url(postgres.create_database()),
            }
        service = stack.enter_context(Service(folder, settings))
        service.ready(seconds=120)
        yield Stage(service, milvus)
