import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.doctor import index
from app.doctor.findings import Finding
from app.doctor.service import Told
from app.settings import Settings
from indexer.database import Database
from indexer.errors import StoreUnavailable
from indexer.inspection import Inspection
from indexer.items import Item
from indexer.memory import MemoryStore
from tests.indexer.house import BOTH, TEXT_ONLY, House, quiet
from tests.milvus_server import MilvusServer

TOLD = Told(status="ready", index="milvus-lite 2.5.1", generation=1, problems=[])


@pytest.fixture
def house(sqlite_database: Database) -> House:
    """Five items, all searchable."""
    made = House(sqlite_database, MemoryStore()).ready()
    made.put(*(Item(f"item-{n}", title=f"mug {n}") for n in range(5)))
    made.work()
    return made


def lite(folder: Path) -> Settings:
    return Settings.from_environment({"KINDRED_MILVUS_URI": str(folder / "milvus.db")})


def live(house: House, specifications: dict[str, str] | None = None, **models: str) -> Finding:
    wanted = TEXT_ONLY if specifications is None else specifications
    identities = {f"hash:{space}:32": model for space, model in models.items()}
    return index.live(house.generations, house.store.engine, wanted, identities)[1]


def counted(house: House) -> Finding:
    found, so_far = index.live(house.generations, house.store.engine, TEXT_ONLY, {})
    assert found is not None
    return index.counted(found, house.store, Inspection(house.database), house.queue, so_far)


def history(house: House) -> Finding:
    return index.history(
        house.generations, Inspection(house.database), house.store.engine, house.clock()
    )


def test_an_index_that_is_well_says_what_it_holds(house: House) -> None:
    found = counted(house)

    assert found.verdict == "ok"
    assert found.seen == ("generation 1, fitted on 0 items; 5 rows, 5 searchable items in SQL")


def test_rows_that_are_missing_warn(house: House) -> None:
    house.store.delete(house.collection, [house.key("item-1")])

    found = counted(house)

    assert found.verdict == "warn"
    assert "4 rows, 5 searchable" in found.seen
    assert "kindred reindex" in str(found.advice)


def test_rows_that_the_queue_accounts_for_do_not(house: House) -> None:
    house.store.delete(house.collection, [house.key("item-1")])
    house.put(Item("item-1", title="changed"))

    assert counted(house).verdict == "ok"


def test_a_collection_that_is_gone_fails(house: House) -> None:
    house.store.drop(house.collection)

    found = counted(house)

    assert found.verdict == "fail"
    assert "missing in memory" in found.seen


def test_before_the_first_start_there_is_no_index(sqlite_database: Database) -> None:
    assert live(House(sqlite_database, MemoryStore())).verdict == "skip"


def test_an_index_on_another_engine_fails_with_both_ways_out(house: House) -> None:
    _, found = index.live(house.generations, "lite:/elsewhere", TEXT_ONLY, {})

    assert found.verdict == "fail"
    assert found.seen == "the catalogue is indexed on memory:, not on lite:/elsewhere"
    assert "kindred reindex" in str(found.advice)
    assert "KINDRED_MILVUS_URI" in str(found.advice)


@pytest.mark.parametrize(
    ("specifications", "seen", "advice"),
    [
        (BOTH, "image: none in the index, hash:image:16 in the settings", "--space image"),
        ({"text": "hash:text:64"}, "text: hash:text:32 in the index", "--space text"),
        (
            {"image": "hash:image:16"},
            "text: hash:text:32 in the index, none in",
            "kindred reindex`",
        ),
    ],
)
def test_models_that_settings_have_changed_warn(
    house: House, specifications: dict[str, str], seen: str, advice: str
) -> None:
    found = live(house, specifications)

    assert found.verdict == "warn"
    assert seen in found.seen
    assert advice in str(found.advice)


@pytest.mark.parametrize("built", ["image:resnet18:imagenet", "image:bundled"])
def test_an_index_built_with_the_best_there_was_agrees_with_asking_for_the_best(
    built: str,
) -> None:
    assert built in index._may_be("image:resnet18:best")
    assert index._may_be(built) == (built,)


def test_other_weights_under_the_same_name_fail(house: House) -> None:
    generation = house.generations.live(house.store.engine)
    assert generation is not None

    same = live(house, text=generation.spaces[0].model)
    other = live(house, text="hash:text:32@other")

    assert same.verdict == "ok"
    assert other.verdict == "fail"
    assert "bring the old weights back" in str(other.advice)


def test_what_is_kept_for_a_rollback_is_named(house: House) -> None:
    before = history(house)
    generation = house.generations.live(house.store.engine)
    assert generation is not None
    house.rebuilding.reindex(generation.spaces, quiet)

    after = history(house)

    assert (before.verdict, before.seen) == ("ok", "none to roll back to")
    assert (after.verdict, after.seen) == (
        "ok",
        "generation 1 is kept for `kindred reindex --rollback`",
    )


def test_a_rebuild_nobody_has_in_hand_warns(house: House) -> None:
    generation = house.generations.live(house.store.engine)
    assert generation is not None
    house.generations.start(
        house.store.engine, generation.spaces, geometry=None, live=False, now=house.clock()
    )

    found = history(house)

    assert found.verdict == "warn"
    assert "generation 2 is at embedding, and nobody is building it" in found.seen


def test_a_job_is_well_only_while_somebody_has_it_in_hand(house: House) -> None:
    house.jobs.request("reindex", {}, now=house.clock())
    waits = history(house)
    house.jobs.claim("me", lease=timedelta(seconds=15), now=house.clock())
    runs = history(house)
    house.time.pass_(timedelta(seconds=16))
    lost = history(house)

    assert [each.verdict for each in (waits, runs, lost)] == ["warn", "ok", "warn"]
    assert "a reindex is in hand" in runs.seen


def test_a_rebuild_that_failed_is_told_until_one_does_not(house: House) -> None:
    house.jobs.request("rollback", {}, now=house.clock())
    house.jobs_runner.run_once()
    failed = history(house)
    house.jobs.request("reindex", {}, now=house.clock())
    house.jobs_runner.run_once()

    assert failed.verdict == "warn"
    assert "the last rebuild failed: " in failed.seen
    assert history(house).verdict == "ok"


def test_a_lite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = index.lite_missing(lite(tmp_path))

    assert found is not None
    assert found.verdict == "skip"
    assert list(tmp_path.iterdir()) == []


def test_of_a_file_somebody_owns_the_service_tells(tmp_path: Path) -> None:
    told = index.lite_elsewhere(lite(tmp_path), TOLD)
    cannot = index.lite_elsewhere(lite(tmp_path), TOLD.model_copy(update={"index": None}))
    nobody = index.lite_elsewhere(lite(tmp_path), None)

    assert [each.verdict for each in (told, cannot, nobody)] == ["ok", "fail", "warn"]
    assert told.seen.startswith("milvus-lite 2.5.1, says the service at http://127.0.0.1:8000")


def test_a_service_that_answers_from_another_generation_warns(house: House) -> None:
    generation, so_far = index.live(house.generations, house.store.engine, TEXT_ONLY, {})
    assert generation is not None

    verdicts = [
        index.uncounted(generation, told, so_far).verdict
        for told in (None, TOLD, TOLD.model_copy(update={"generation": 7}))
    ]
    failed = index.uncounted(generation, TOLD, replace(so_far, verdict="fail"))

    assert verdicts == ["ok", "ok", "warn"]
    assert failed.verdict == "fail"


class Old(MemoryStore):
    """A store that says it is a server of some version."""

    version = ""

    def ping(self) -> str:
        return self.version


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("milvus 2.2.16", "warn"),
        ("milvus v2.3.5", "ok"),
        ("milvus 2.6.0-dev", "ok"),
        ("milvus 10.0", "ok"),
        ("milvus-lite 2.5.1", "ok"),
        ("milvus unknown", "ok"),
    ],
)
def test_a_server_older_than_any_that_was_tried_warns(version: str, verdict: str) -> None:
    store = Old()
    store.version = version

    assert index.milvus(store).verdict == verdict


def test_a_server_that_is_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "PATIENCE", timedelta(milliseconds=500))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = index.opened(Settings.from_environment({"KINDRED_MILVUS_URI": uri}))

        with pytest.raises(StoreUnavailable):
            index.milvus(store)
        store.close()


@pytest.mark.server
def test_a_real_server_tells_its_version(milvus_server: MilvusServer) -> None:
    settings = Settings.from_environment({"KINDRED_MILVUS_URI": milvus_server.uri})
    store = index.opened(settings)

    found = index.milvus(store)
    store.close()

    assert found.verdict == "ok"
    assert found.seen.startswith("milvus v2.3.5")
    assert found.seen.endswith(f" at server:{milvus_server.uri}")
