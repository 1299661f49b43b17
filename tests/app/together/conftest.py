import pytest

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from indexer.database import Database


@pytest.fixture
def history(database: Database) -> Interactions:
    return Interactions(database, Popularity(database))
