import json
import re

import pytest

from tests.app.commands.conftest import Kindred

SETTINGS = {"KINDRED_API_KEYS": "old:read:" + "0" * 64}


def test_a_key_is_made_shown_once_listed_and_revoked(kindred: Kindred) -> None:
    made = kindred("keys", "make", "shop", "--scope", "read", "--scope", "write", "--rate", "5/s")
    listed = kindred("keys", "list")
    revoked = kindred("keys", "revoke", "shop")
    after = kindred("keys", "list")
    all_of_them = kindred("keys", "list", "--revoked")

    key = made.stdout.strip()
    assert re.fullmatch(r"kdr_[\w-]{43}", key)
    assert "only time" in made.stderr
    assert "nobody may call without a key" in made.stderr
    [row] = [line for line in listed.stdout.splitlines() if "shop" in line]
    assert {"read+write", "5/s", "never", "holds"} <= set(row.replace("│", " ").split())
    assert key not in listed.stdout
    assert revoked.returncode == 0
    assert "shop" not in after.stdout
    assert "revoked" in all_of_them.stdout


def test_keys_of_the_settings_are_listed_and_their_names_are_taken(kindred: Kindred) -> None:
    listed = kindred("keys", "list", **SETTINGS)
    made = kindred("keys", "make", "old", "--scope", "read", **SETTINGS)
    revoked = kindred("keys", "revoke", "old", **SETTINGS)

    assert "old" in listed.stdout
    assert (made.returncode, revoked.returncode) == (1, 1)
    assert "KINDRED_API_KEYS has a key 'old'" in made.stderr
    assert "take it out there" in revoked.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["two words", "--scope", "read"], "no name of a key"),
        (["shop", "--scope", "everything"], "--scope is one of"),
        (["shop", "--scope", "read", "--rate", "often"], "not a rate"),
        (["shop", "--scope", "read", "--rate", "0/s"], "not a rate"),
        (["shop", "--scope", "read", "--expires", "soon"], "not a duration"),
        (["shop", "--scope", "read", "--expires", "999999999999d"], "longer than anything"),
        (["shop"], "scope"),
    ],
)
def test_what_can_be_no_key_is_refused(kindred: Kindred, words: list[str], told: str) -> None:
    made = kindred("keys", "make", *words)

    assert made.returncode == 2
    assert told in re.sub(r"[\s│]+", " ", made.stderr)
    assert made.stdout == ""


def test_a_name_that_is_taken_or_unknown_is_told(kindred: Kindred) -> None:
    kindred("keys", "make", "shop", "--scope", "read", "--expires", "90d")

    again = kindred("keys", "make", "shop", "--scope", "read")
    unknown = kindred("keys", "revoke", "never")

    assert (again.returncode, unknown.returncode) == (1, 1)
    assert "there is a key 'shop'" in again.stderr
    assert "no key 'never'" in unknown.stderr


def test_what_is_done_on_the_command_line_is_in_the_audit_log(
    kindred: Kindred, tmp_path: object
) -> None:
    kindred("keys", "make", "shop", "--scope", "read")
    kindred("queue", "retry")
    kindred("queue", "drop", "mug-1", "--yes")
    kindred("export", "items", f"{tmp_path}/items.jsonl")
    kindred("import", "items", f"{tmp_path}/items.jsonl")
    kindred("import", "items", f"{tmp_path}/items.jsonl", "--dry-run")

    shown = kindred("audit")
    one = kindred("audit", "--action", "queue.drop", "--limit", "1")

    rows = [line for line in shown.stdout.splitlines() if "command line (" in line]
    actions = ["import.items", "export.items", "queue.drop", "queue.retry", "key.make"]
    assert [next(each for each in actions if each in row) for row in rows] == actions
    assert json.dumps({"items": ["mug-1"]}) in one.stdout
    assert "key.make" not in one.stdout
