import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from app.access.audit import Actor
from app.access.keys import KeyStore
from app.access.live import NOTED_EVERY, LiveKeys
from app.values import ApiKey
from indexer.database import Database

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC)
OPS = Actor("command line (ops)")
CONFIGURED = ApiKey("old", frozenset({"read"}), hashlib.sha256(b"old").digest())


@pytest.fixture
def store(database: Database) -> KeyStore:
    return KeyStore(database)


def test_without_any_key_none_is_needed(store: KeyStore) -> None:
    keys = LiveKeys(store)

    keys.refresh()

    assert not keys.needed


def test_a_key_is_needed_when_the_settings_have_one_or_say_so(store: KeyStore) -> None:
    assert LiveKeys(store, [CONFIGURED]).needed
    assert LiveKeys(store, always=True).needed


def test_a_key_that_is_made_holds_from_the_next_refresh_on(store: KeyStore) -> None:
    keys = LiveKeys(store, [CONFIGURED])
    keys.refresh()
    key, stored = store.make("shop", ["write"], by=OPS, now=NOW)

    before = keys.find(key.encode(), now=NOW)
    keys.refresh()

    assert before is None
    assert keys.find(key.encode(), now=NOW) == stored.admitted()
    assert keys.find(b"old", now=NOW) == CONFIGURED
    assert keys.find(key.encode() + b"x", now=NOW) is None


def test_a_revoked_key_stops_and_the_last_one_leaves_no_open_door(store: KeyStore) -> None:
    keys = LiveKeys(store)
    key, _ = store.make("shop", ["write"], by=OPS, now=NOW)
    keys.refresh()

    store.revoke("shop", by=OPS, now=NOW)
    keys.refresh()

    assert keys.find(key.encode(), now=NOW) is None
    assert keys.needed


def test_a_key_expires_by_the_clock_without_a_refresh(store: KeyStore) -> None:
    keys = LiveKeys(store)
    ends = NOW + timedelta(days=1)
    key, _ = store.make("shop", ["write"], by=OPS, now=NOW, expires_at=ends)
    keys.refresh()

    assert keys.find(key.encode(), now=ends - timedelta(seconds=1)) is not None
    assert keys.find(key.encode(), now=ends) is None


def test_uses_are_kept_to_the_minute_and_once_a_minute(store: KeyStore) -> None:
    keys = LiveKeys(store)
    key, _ = store.make("shop", ["write"], by=OPS, now=NOW)
    keys.refresh()
    found = keys.find(key.encode(), now=NOW)
    assert found is not None

    keys.used(found, now=NOW)
    keys.keep_uses(now=NOW)
    keys.used(found, now=NOW + timedelta(seconds=50))
    keys.keep_uses(now=NOW + timedelta(seconds=50))
    soon = store.all()[0].last_used_at
    keys.keep_uses(now=NOW + NOTED_EVERY)

    assert soon == NOW.replace(second=0)
    assert store.all()[0].last_used_at == NOW.replace(minute=1, second=0)


def test_a_key_of_the_settings_has_no_row_to_note_its_use_in(store: KeyStore) -> None:
    keys = LiveKeys(store, [CONFIGURED])

    keys.used(CONFIGURED, now=NOW)
    keys.keep_uses(now=NOW, at_once=True)

    assert store.all() == []
