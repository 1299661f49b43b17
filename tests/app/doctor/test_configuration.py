import hashlib
from pathlib import Path

import pytest

from app.doctor import configuration
from app.doctor.configuration import access, kept_in, named_hosts, read_settings
from app.settings import Settings

KEYS = f"shop:read+write:{hashlib.sha256(b'x').hexdigest()}"
SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


def settings(**given: str) -> Settings:
    return Settings.from_environment(
        {f"KINDRED_{name.upper()}": each for name, each in given.items()}
    )


def test_what_is_set_is_named_without_its_value() -> None:
    environ = {"KINDRED_API_KEYS": KEYS, "KINDRED_PORT": "8001", "KINDRED_HOST": " ", "HOME": "/x"}

    read, found = read_settings(environ)

    assert read is not None
    assert found.verdict == "ok"
    assert found.seen == "set: KINDRED_API_KEYS, KINDRED_PORT; the others by default"


def test_without_settings_the_defaults_hold() -> None:
    assert read_settings({})[1].verdict == "ok"


def test_settings_that_cannot_be_used_are_told_each() -> None:
    read, found = read_settings({"KINDRED_TEXT_MODLE": "x", "KINDRED_PORT": "no"})

    assert read is None
    assert found.verdict == "fail"
    assert "KINDRED_TEXT_MODEL" in found.seen
    assert "KINDRED_PORT" in found.seen
    assert "\n" not in found.seen


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "ok"),
        ({"api_keys": KEYS}, "ok"),
        ({"allow_private_addresses": "true"}, "ok"),
        ({"host": "0.0.0.0", "api_keys": KEYS}, "warn"),
        ({"host": "0.0.0.0", "api_keys": KEYS, "webhook_secret": SECRET}, "ok"),
        (
            {
                "host": "0.0.0.0",
                "api_keys": KEYS,
                "webhook_secret": SECRET,
                "allow_private_addresses": "true",
            },
            "warn",
        ),
    ],
)
def test_access_is_judged_by_who_can_reach_the_service(given: dict[str, str], verdict: str) -> None:
    found = access(settings(**given))

    assert found.verdict == verdict
    assert (found.advice is None) is (verdict == "ok")
    assert "c2VjcmV0" not in found.seen
    assert hashlib.sha256(b"x").hexdigest() not in found.seen


def test_files_are_looked_for_where_they_are_kept(tmp_path: Path) -> None:
    by_default = settings(data_dir=str(tmp_path))
    apart = settings(database_url=f"sqlite:///{tmp_path}/sql/k.db?mode=rw", milvus_uri="http://m:1")

    assert kept_in(by_default) == [tmp_path, tmp_path]
    assert kept_in(apart) == [tmp_path / "sql"]
    assert configuration.sqlite_file(apart) == tmp_path / "sql" / "k.db"


def test_only_hosts_that_settings_name_are_resolved() -> None:
    apart = settings(
        database_url="postgresql://me:pw@db.example/k", milvus_uri="https://vectors.example:19530"
    )

    assert named_hosts(settings()) == set()
    assert named_hosts(apart) == {"db.example", "vectors.example"}
