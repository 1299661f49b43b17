"""A service to run the documents' examples against."""

from collections.abc import Iterator

import pytest

from app.settings import Settings
from app.telemetry import configure_logging
from tests.app.running import RunningApp, hashed

SECRET = "whsec_" + "QUJD" * 8


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    configure_logging(Settings(), least="error")


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """A service as a first try has it, with two of the demo's items and one of the documents'."""
    with RunningApp(hashed(tmp_path_factory.mktemp("open"))) as app:
        app.ready()
        app.put("mug-001", categories=["Mugs"], image_url="https://shop.example/mug-001.jpg")
        app.put("mug-002", categories=["Mugs"])
        app.put("sku-1")
        yield app


@pytest.fixture(scope="module")
def guarded_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """A service that takes signed webhooks alone."""
    settings = hashed(tmp_path_factory.mktemp("guarded"), webhook_secret=SECRET)
    with RunningApp(settings) as app:
        app.ready()
        yield app
