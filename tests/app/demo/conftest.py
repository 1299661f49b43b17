from datetime import UTC, datetime

import pytest

from app.demo.catalogue import SEED, catalogue
from indexer.items import Item

NOW = datetime(2026, 5, 4, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def items() -> list[Item]:
    return catalogue(SEED, NOW)
