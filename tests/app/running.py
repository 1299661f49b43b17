"""The real application on a real socket, in a thread of the test's process."""

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import uvicorn

from app.clock import utc_now
from app.main import create_app
from app.services import Services
from app.settings import Settings, variable
from app.training import teaching_settings
from embedders.behaviour_training import learn
from indexer.memory import MemoryStore
from indexer.store import VectorStore
from indexer.teaching import TeachingSettings
from tests.service import until


def hashed(folder: Path, **settings: str) -> Settings:
    """Make settings that need no model file; others as the environment would have them."""
    given = {"data_dir": str(folder), "text_model": "hash", "image_model": "hash", **settings}
    return Settings.from_environment({variable(name): value for name, value in given.items()})


def taught_here(settings: Settings) -> TeachingSettings:
    """Learn as settings say, but in this process: instead of `app.services.teaching_settings`."""
    return replace(teaching_settings(settings), learner=learn)


class RunningApp:
    """The application over its own services; a context manager.

    Attributes:
        services: Opened when it is made, so that a test can change a part before it starts.
        client: Calls it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: VectorStore | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.services = Services(settings, clock=utc_now, store=store or MemoryStore())
        config = uvicorn.Config(
            create_app(self.services, now=now),
            log_config=None,
            access_log=False,
            lifespan="on",
            ws="none",
        )
        self._server = uvicorn.Server(config)
        # asyncio turns Nagle's algorithm off only for sockets that say they are TCP; with it every
        # answer would take 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="http"
        )
        self.client = httpx.Client(timeout=40, trust_env=False)

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self.client.base_url = httpx.URL(f"http://127.0.0.1:{self._socket.getsockname()[1]}")
        self._thread.start()
        until(lambda: self._server.started, seconds=20, what="the application has started")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def ready(self) -> None:
        """Wait until everything is up."""
        until(
            lambda: self.client.get("/health/ready").json()["status"] == "ready",
            seconds=30,
            what="the application is ready",
        )

    def put(self, item_id: str, **fields: object) -> None:
        """Put an item and wait until it is searchable."""
        path = f"/v1/items/{item_id}?wait=searchable"
        answer = self.client.put(path, json={"title": item_id, **fields})
        assert answer.status_code == 200, answer.text
