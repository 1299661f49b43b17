import hashlib
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from app.access.audit import Actor, Audit
from app.access.errors import KeyTaken, TooManyKeys, UnknownKey
from app.access.keys import KeyStore
from app.access.tables import api_keys
from app.values import Rate
from indexer.database import Database
from tests.threads import together

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPS = Actor("command line (ops)")


@pytest.fixture
def store(database: Database) -> KeyStore:
    return KeyStore(database)


def make(store: KeyStore, name: str, **more: object) -> str:
    key, _ = store.make(name, ["read"], **{"by": OPS, "now": NOW, **more})  # type: ignore[arg-type]
    return key


def test_a_key_is_kept_as_a_hash_alone(store: KeyStore, database: Database) -> None:
    key = make(store, "shop")

    with database.reading() as connection:
        [row] = connection.execute(select(api_keys)).all()
    assert row.digest == hashlib.sha256(key.encode()).hexdigest()
    assert all(key.removeprefix("kdr_") not in str(value) for value in row)


def test_keys_are_long_and_never_alike(store: KeyStore) -> None:
    keys = [make(store, f"shop-{number}") for number in range(20)]

    assert len(set(keys)) == 20
    assert all(key.startswith("kdr_") and len(key) == 47 for key in keys)  # 256 bits in base64url


def test_what_a_key_may_do_comes_back_as_it_was_made(store: KeyStore) -> None:
    rate = Rate(600, 60)

    _, made = store.make(
        "shop", ["write", "read"], by=OPS, now=NOW, rate=rate, expires_at=NOW + HOUR
    )

    assert store.all() == [made]
    assert made.scopes == {"read", "write"}
    assert (made.rate, made.expires_at, made.created_at) == (rate, NOW + HOUR, NOW)
    assert made.last_used_at is made.revoked_at is None


def test_two_keys_that_hold_never_have_one_name(store: KeyStore) -> None:
    make(store, "shop")

    with pytest.raises(KeyTaken, match="'shop'"):
        make(store, "shop")

    store.revoke("shop", by=OPS, now=NOW)
    make(store, "shop")
    assert [each.revoked_at for each in store.all()] == [NOW, None]


def test_the_name_of_an_expired_key_is_free(store: KeyStore) -> None:
    make(store, "shop", expires_at=NOW + HOUR)

    make(store, "shop", now=NOW + HOUR)

    ended = store.revoke("shop", by=OPS, now=NOW + 2 * HOUR)
    assert ended.key_id == 2
    assert all(each.revoked_at is not None for each in store.all())


def test_revoking_what_is_not_there_is_refused(store: KeyStore) -> None:
    make(store, "shop")
    store.revoke("shop", by=OPS, now=NOW)

    for name in ("shop", "never"):
        with pytest.raises(UnknownKey, match=name):
            store.revoke(name, by=OPS, now=NOW)


def test_there_is_a_bound_on_how_many_keys_hold(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.access.keys.MOST_HELD", 2)
    make(store, "a")
    make(store, "b", expires_at=NOW + HOUR)

    with pytest.raises(TooManyKeys):
        make(store, "c")
    make(store, "c", now=NOW + HOUR)


def test_of_many_that_make_one_name_at_once_one_succeeds(store: KeyStore) -> None:
    made: list[str] = []
    taken: list[str] = []

    def attempt(name: str) -> None:
        try:
            made.append(make(store, name))
        except KeyTaken as error:
            taken.append(str(error))

    together(*(partial(attempt, "shop") for _ in range(6)))

    assert (len(made), len(taken)) == (1, 5)


def test_an_earlier_use_does_not_undo_a_later_one(store: KeyStore) -> None:
    make(store, "shop")

    store.used({1: NOW + HOUR})
    store.used({1: NOW, 99: NOW})

    assert [each.last_used_at for each in store.all()] == [NOW + HOUR]


def test_making_and_revoking_are_in_the_audit_log(store: KeyStore, database: Database) -> None:
    make(store, "shop")
    store.revoke("shop", by=Actor("boss", 7, "request-1"), now=NOW + HOUR)

    revoked, made = Audit(database).page(limit=10)
    assert (made.action.action, made.action.target, made.at) == ("key.make", "shop", NOW)
    assert made.action.actor == OPS
    assert made.action.detail == {"key_id": 1, "scopes": ["read"]}
    assert revoked.action.actor == Actor("boss", 7, "request-1")
    assert revoked.action.detail == {"key_ids": [1]}
