from functools import partial

from indexer.database import Database
from indexer.facts import fact
from tests.threads import together


def test_a_fact_is_made_once_and_stays(database: Database) -> None:
    first = fact(database, "salt", lambda: "first")

    again = fact(database, "salt", lambda: "second")

    assert first == again == "first"


def test_all_who_ask_at_once_get_the_same_fact(database: Database) -> None:
    asking = [partial(fact, database, "salt", partial(str, number)) for number in range(8)]

    found = together(*asking)

    assert len(set(found)) == 1
