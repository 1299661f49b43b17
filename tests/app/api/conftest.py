import io
from collections.abc import Iterator

import pytest

from app.settings import Settings
from app.telemetry import configure_logging


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the service logs, a line of JSON an event."""
    stream = io.StringIO()
    configure_logging(Settings(log_level="info"), stream=stream)
    yield stream
    configure_logging(Settings(), least="error")
