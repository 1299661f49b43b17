from datetime import UTC, datetime, timedelta

import pytest

from app.access.audit import MOST_TARGET, Action, Actor, Audit, here
from indexer.database import Database

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def audit(database: Database) -> Audit:
    return Audit(database)


def record(audit: Audit, action: str, *, minutes: int = 0, actor: str | None = "ops") -> None:
    audit.record(Action(Actor(actor), action), now=NOW + timedelta(minutes=minutes))


def test_an_entry_comes_back_as_it_was_written(audit: Audit) -> None:
    action = Action(Actor("ops", 3, "request-1"), "queue.drop", "mug-1", {"rows": [1, "é"]})

    audit.record(action, now=NOW)

    [entry] = audit.page(limit=10)
    assert (entry.at, entry.action) == (NOW, action)


def test_pages_are_newest_first_and_hang_together(audit: Audit) -> None:
    for number in range(5):
        record(audit, f"a{number}", minutes=-number)  # in the order of writing, not of clocks

    first = audit.page(limit=2)
    second = audit.page(limit=2, before=first[-1].entry)
    third = audit.page(limit=2, before=second[-1].entry)

    found = [entry.action.action for entry in (*first, *second, *third)]
    assert found == ["a4", "a3", "a2", "a1", "a0"]


def test_entries_are_found_by_action_and_by_actor(audit: Audit) -> None:
    record(audit, "reindex")
    record(audit, "queue.drop", actor="bo")
    record(audit, "queue.drop", actor=None)

    assert len(audit.page(limit=10, action="queue.drop")) == 2
    assert [each.action.action for each in audit.page(limit=10, actor="ops")] == ["reindex"]


def test_old_entries_are_forgotten(audit: Audit) -> None:
    record(audit, "old")
    record(audit, "new", minutes=1)

    assert audit.forget(before=NOW + timedelta(seconds=30)) == 1
    assert [each.action.action for each in audit.page(limit=10)] == ["new"]


def test_a_long_target_is_cut(audit: Audit) -> None:
    audit.record(Action(Actor("ops"), "export.items", "x" * 1_000), now=NOW)

    assert audit.page(limit=1)[0].action.target == "x" * MOST_TARGET


def test_whoever_types_a_command_is_named_by_a_name_no_key_can_have() -> None:
    name = here().name

    assert name is not None
    assert name.startswith("command line (")


def test_who_has_no_login_is_named_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("app.access.audit.getpass.getuser", nameless)
    monkeypatch.setattr("app.access.audit.os.getuid", lambda: 4711)

    assert here().name == "command line (4711)"
