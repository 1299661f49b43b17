import numpy as np
import pytest

from indexer.database import Database
from indexer.learned import PURGED, LearnedVectors


@pytest.fixture
def learned(database: Database) -> LearnedVectors:
    return LearnedVectors(database)


def test_learned_vectors_come_back_to_the_bit_by_training_and_item(
    learned: LearnedVectors,
) -> None:
    shown = np.array([[0.6, 0.8], [1.0, 0.0]], dtype=np.float32)
    says = np.array([[1e-30, -3.4e38], [2.0, 3.0]], dtype=np.float32)

    learned.keep("behaviour:a", [7, 9], shown, says)

    found = learned.of_items("behaviour:a", [7, 9, 11])
    assert set(found) == {7, 9}
    assert found[7].candidate.tobytes() == shown[0].tobytes()
    assert found[9].evidence.tobytes() == says[1].tobytes()
    assert learned.of_items("behaviour:b", [7]) == {}
    assert learned.of_items("behaviour:a", []) == {}


def test_keeping_again_after_a_kill_replaces_what_was_kept(learned: LearnedVectors) -> None:
    first, second = np.zeros((1, 2), dtype=np.float32), np.ones((1, 2), dtype=np.float32)
    learned.keep("behaviour:a", [7], first, first)

    learned.keep("behaviour:a", [7], second, second)

    assert learned.of_items("behaviour:a", [7])[7].candidate.tolist() == [1.0, 1.0]


def test_what_no_generation_uses_is_purged_however_much_it_is(learned: LearnedVectors) -> None:
    keys = range(PURGED + 1)
    many = np.zeros((len(keys), 1), dtype=np.float32)
    learned.keep("behaviour:old", keys, many, many)
    learned.keep("behaviour:new", [1], many[:1], many[:1])

    learned.purge({"behaviour:new"})

    assert learned.of_items("behaviour:old", [0, PURGED]) == {}
    assert set(learned.of_items("behaviour:new", [1])) == {1}
