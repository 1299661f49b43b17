"""One application for the tests that only add to it, and fresh ones for the others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from app.telemetry import configure_logging
from tests.app.running import RunningApp, hashed, taught_here


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    """Log errors alone: a line a request would drown what a failing test has to say."""
    configure_logging(Settings(), least="error")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The application with hash embedders, SQLite and the in-memory store."""
    with RunningApp(hashed(tmp_path_factory.mktemp("running"))) as app:
        app.ready()
        yield app


@pytest.fixture
def client(running: RunningApp) -> httpx.Client:
    return running.client


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., RunningApp]]:
    """Start an application with settings of its own."""
    with ExitStack() as stack:

        def start(**settings: str) -> RunningApp:
            folder = tmp_path / str(len(list(tmp_path.iterdir())))
            return stack.enter_context(RunningApp(hashed(folder, **settings)))

        yield start


@pytest.fixture(scope="module")
def learns_here() -> Iterator[None]:
    """Learn in this process: starting another takes longer than learning from so little."""
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr("app.services.teaching_settings", taught_here)
        yield
