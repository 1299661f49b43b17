"""Deployments that share one PostgreSQL and one vector store, and know nothing of each other."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from app.errors import SettingsError
from app.schema import check, upgrade
from app.settings import Settings
from indexer.database import Database, alone
from indexer.errors import DatabaseUnavailable
from indexer.memory import MemoryStore
from tests.app.running import RunningApp, hashed
from tests.postgres_server import PostgresServer
from tests.threads import together


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


def tables(url: str) -> dict[str, int]:
    """Say how many tables each schema has."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT schemaname, count(*) FROM pg_tables"
            " WHERE schemaname !~ '^(pg_|information_schema)' GROUP BY 1"
        )
        return {str(schema): int(count) for schema, count in found}


def test_two_shops_share_a_database_and_a_store_and_see_nothing_of_each_other(
    url: str, tmp_path: Path
) -> None:
    store = MemoryStore()

    def shop(name: str) -> RunningApp:
        settings = hashed(tmp_path / name, database_url=url, namespace=name)
        return RunningApp(settings, store=store)

    with shop("mugs") as mugs, shop("shoes") as shoes:
        mugs.ready()
        shoes.ready()
        mugs.put("same-id", description="a mug")
        shoes.put("same-id", description="a shoe")
        mugs.put("mug-2")
        similar = mugs.client.get("/v1/items/same-id/similar").json()["items"]
        listed = shoes.client.get("/v1/items").json()["items"]
        collections = store.collections()

    assert [each["item_id"] for each in similar] == ["mug-2"]
    assert [each["description"] for each in listed] == ["a shoe"]
    whose = [re.fullmatch(r"([a-z]+)_[0-9a-f]{32}", each) for each in collections]
    assert [each and each[1] for each in whose] == ["mugs", "shoes"]
    counted = tables(url)
    assert set(counted) == {"mugs", "shoes"}
    assert counted["mugs"] == counted["shoes"] > 10


def test_services_that_start_at_once_make_the_schema_once(url: str) -> None:
    databases = [Database(url, schema="mugs") for _ in range(4)]

    together(*(partial(upgrade, database) for database in databases))

    for database in databases:
        check(database)
        database.close()
    assert set(tables(url)) == {"mugs"}


def test_a_table_that_is_missing_is_not_found_in_another_schema(url: str) -> None:
    common, own = Database(url), Database(url, schema="mugs")
    upgrade(common)

    with own.reading() as connection:
        assert connection.scalar(text("SELECT to_regclass('items')")) is None

    upgrade(own)
    check(own)
    common.close()
    own.close()


def test_locks_of_one_deployment_do_not_hold_up_another(url: str) -> None:
    mugs, shoes = Database(url, schema="mugs"), Database(url, schema="shoes")
    upgrade(mugs)
    upgrade(shoes)

    with mugs.writing() as one, shoes.writing() as other:
        alone(one, "kindred scenarios")
        alone(other, "kindred scenarios")  # would wait for five seconds, and fail

    mugs.close()
    shoes.close()


def test_a_role_that_may_not_make_the_schema_is_told_what_to_do(
    url: str, postgres_server: PostgresServer
) -> None:
    database = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
    guest = Database(
        f"postgresql://guest@127.0.0.1:{postgres_server.port}/{database}", schema="mugs"
    )
    try:
        with pytest.raises(DatabaseUnavailable, match="CREATE SCHEMA mugs"):
            upgrade(guest)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA mugs AUTHORIZATION guest")

        upgrade(guest)

        check(guest)
    finally:
        guest.close()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP OWNED BY guest CASCADE")
            connection.execute("DROP ROLE guest")


def test_a_sqlite_file_is_of_one_deployment_and_only_names_its_collections(
    tmp_path: Path,
) -> None:
    store = MemoryStore()
    with RunningApp(hashed(tmp_path, namespace="mugs"), store=store) as app:
        app.ready()
        app.put("mug-1")
        assert app.services.catalogue.status("mug-1") is not None

    assert [each.partition("_")[0] for each in store.collections()] == ["mugs"]


@pytest.mark.parametrize(
    "name", ["Mugs", "1st", "mugs-and-more", "a" * 33, "pg_mugs", 'x"; DROP', "mugs shoes"]
)
def test_what_cannot_be_a_name_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match="KINDRED_NAMESPACE"):
        Settings.from_environment({"KINDRED_NAMESPACE": name})
