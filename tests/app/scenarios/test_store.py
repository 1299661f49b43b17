"""Scenarios in SQL, on both engines."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from app.scenarios.errors import TooManyScenarios, UnknownScenario, VersionConflict
from app.scenarios.live import LiveScenarios
from app.scenarios.store import (
    ABSENT,
    KEPT_VERSIONS,
    MOST_LIVE,
    ScenarioStore,
    StoredScenario,
)
from indexer.database import Database
from tests.threads import together

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
BODY = {"defaults": {"limit": 5}}


@pytest.fixture
def store(database: Database) -> ScenarioStore:
    return ScenarioStore(database)


def put(
    store: ScenarioStore, name: str = "sale", *, limit: int = 5, expected: int | None = None
) -> StoredScenario:
    body = {"defaults": {"limit": limit}}
    return store.put(name, body, author="ana", now=NOW, expected=expected)


def live_names(store: ScenarioStore) -> list[str]:
    live = store.live()
    assert live is not None
    return list(live.scenarios)


def test_what_was_written_is_read_again(store: ScenarioStore) -> None:
    written = put(store)

    assert written == StoredScenario("sale", 1, BODY, "ana", NOW)
    assert store.get("sale") == written
    assert store.get("sale", 1) == written


def test_every_change_is_a_version_and_older_ones_can_still_be_read(store: ScenarioStore) -> None:
    for limit in (1, 2, 3):
        put(store, limit=limit)

    assert [each.version for each in store.versions("sale")] == [3, 2, 1]
    second = store.get("sale", 2)
    assert second is not None
    assert second.body == {"defaults": {"limit": 2}}


def test_writing_the_same_again_changes_nothing_whatever_it_expects(store: ScenarioStore) -> None:
    put(store, expected=ABSENT)

    again = put(store, expected=ABSENT)

    assert again.version == 1
    assert len(store.versions("sale")) == 1


def test_true_is_another_value_than_one(store: ScenarioStore) -> None:
    store.put("sale", {"value": 1}, author=None, now=NOW)

    assert store.put("sale", {"value": True}, author=None, now=NOW).version == 2


@pytest.mark.parametrize(("expected", "current"), [(ABSENT, 2), (1, 2), (3, 2)])
def test_a_write_that_expects_another_version_writes_nothing(
    store: ScenarioStore, expected: int, current: int
) -> None:
    put(store, limit=1)
    put(store, limit=2)

    with pytest.raises(VersionConflict) as raised:
        put(store, limit=3, expected=expected)
    with pytest.raises(VersionConflict):
        store.delete("sale", author=None, now=NOW, expected=expected)

    assert raised.value.version == current
    assert len(store.versions("sale")) == 2


def test_of_writers_at_once_that_expect_the_same_version_one_wins(store: ScenarioStore) -> None:
    put(store, limit=1)

    def write(limit: int) -> int | None:
        try:
            return put(store, limit=limit, expected=1).version
        except VersionConflict:
            return None

    results = together(*(partial(write, limit) for limit in (2, 3, 4, 5)))

    assert sorted(results, key=str) == [2, None, None, None]


def test_writers_at_once_that_expect_nothing_all_get_a_version(store: ScenarioStore) -> None:
    def write(limit: int) -> int:
        return put(store, limit=limit).version

    results = together(*(partial(write, limit) for limit in range(1, 9)))

    assert sorted(results) == list(range(1, 9))


def test_a_deleted_scenario_is_not_live_but_its_versions_can_be_read(store: ScenarioStore) -> None:
    put(store)

    deleted = store.delete("sale", author="bo", now=NOW)

    assert (deleted.version, deleted.body) == (2, None)
    assert store.get("sale") == deleted
    assert store.get("sale", 1) is not None
    assert live_names(store) == []
    with pytest.raises(UnknownScenario):
        store.delete("sale", author="bo", now=NOW)


def test_a_deleted_scenario_comes_back_as_its_next_version(store: ScenarioStore) -> None:
    put(store)
    store.delete("sale", author=None, now=NOW)

    back = put(store, expected=ABSENT)

    assert back.version == 3
    assert live_names(store) == ["sale"]


def test_the_newest_versions_alone_are_kept(store: ScenarioStore) -> None:
    for limit in range(1, KEPT_VERSIONS + 4):
        put(store, limit=limit)

    kept = store.versions("sale")

    assert len(kept) == KEPT_VERSIONS
    assert (kept[0].version, kept[-1].version) == (KEPT_VERSIONS + 3, 4)
    assert store.get("sale", 3) is None


def test_deleted_scenarios_are_forgotten_after_a_time_and_live_ones_never(
    store: ScenarioStore,
) -> None:
    for name in ("early", "late", "living"):
        put(store, name, limit=1)
        put(store, name, limit=2)
    store.delete("early", author=None, now=NOW - timedelta(days=2))
    store.delete("late", author=None, now=NOW)

    forgotten = store.forget(before=NOW - timedelta(days=1))

    assert forgotten == 3
    assert store.versions("early") == []
    assert len(store.versions("late")) == 3
    assert live_names(store) == ["living"]
    assert store.forget(before=NOW - timedelta(days=1)) == 0


def test_there_are_only_so_many_at_once(store: ScenarioStore) -> None:
    for number in range(MOST_LIVE):
        put(store, f"s{number}")

    with pytest.raises(TooManyScenarios, match="delete one first"):
        put(store, "one-more")
    put(store, "s0", limit=9)
    store.delete("s0", author=None, now=NOW)

    assert put(store, "one-more").version == 1


def test_a_look_reads_nothing_while_nothing_changed(store: ScenarioStore) -> None:
    before = store.live()
    put(store)
    after = store.live()
    assert before is not None
    assert after is not None

    assert store.live(unless=before.change) == after
    assert store.live(unless=after.change) is None


def test_a_refresh_shows_what_another_process_wrote(store: ScenarioStore) -> None:
    live = LiveScenarios(store)
    assert live.held.scenarios == {}

    put(store, "b")
    put(store, "a")
    live.refresh()
    held = live.held
    live.refresh()

    assert list(held.scenarios) == ["a", "b"]
    assert live.held is held
    store.delete("a", author=None, now=NOW)
    live.refresh()
    assert list(live.held.scenarios) == ["b"]


def test_forgetting_the_last_change_does_not_hide_the_next(store: ScenarioStore) -> None:
    live = LiveScenarios(store)
    put(store, "a")
    put(store, "b")
    store.delete("b", author=None, now=NOW)
    live.refresh()

    store.forget(before=NOW + timedelta(days=1))
    put(store, "c")
    live.refresh()

    assert list(live.held.scenarios) == ["a", "c"]
