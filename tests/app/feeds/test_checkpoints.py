from datetime import UTC, datetime, timedelta

from app.feeds.checkpoints import KEPT, Checkpoint, Checkpoints
from indexer.database import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = Checkpoint(1_000, {"landed": 7}, NOW)


def test_a_checkpoint_is_found_again_and_the_newest_counts(database: Database) -> None:
    checkpoints = Checkpoints(database)
    checkpoints.put("a", Checkpoint(1, {}, NOW), now=NOW)

    checkpoints.put("a", AT, now=NOW)

    assert checkpoints.get("a", now=NOW) == AT
    assert checkpoints.get("b", now=NOW) is None


def test_anew_finds_nothing(database: Database) -> None:
    Checkpoints(database).put("a", AT, now=NOW)

    assert Checkpoints(database, anew=True).get("a", now=NOW) is None


def test_an_old_checkpoint_is_forgotten(database: Database) -> None:
    checkpoints = Checkpoints(database)
    checkpoints.put("a", AT, now=NOW)

    later = NOW + KEPT + timedelta(seconds=1)

    assert checkpoints.get("a", now=later) is None


def test_dropping_one_leaves_the_others(database: Database) -> None:
    checkpoints = Checkpoints(database)
    checkpoints.put("a", AT, now=NOW)
    checkpoints.put("b", AT, now=NOW)

    checkpoints.drop("a", now=NOW)

    assert checkpoints.get("a", now=NOW) is None
    assert checkpoints.get("b", now=NOW) == AT
