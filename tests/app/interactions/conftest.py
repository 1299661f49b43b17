"""People's side of a database, on each engine in turn."""

import pytest

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from indexer.database import Database


@pytest.fixture
def popularity(database: Database) -> Popularity:
    return Popularity(database)


@pytest.fixture
def history(database: Database, popularity: Popularity) -> Interactions:
    return Interactions(database, popularity)
