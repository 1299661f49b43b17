"""People's profiles on a database, on each engine in turn."""

import pytest

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.people.people import People
from indexer.database import Database


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
def history(database: Database, people: People) -> Interactions:
    return Interactions(database, Popularity(database), people)
