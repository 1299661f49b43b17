import pytest

from indexer.catalogue import Catalogue
from indexer.database import Database


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)
