from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from app.doctor.examination import examine
from app.doctor.findings import Finding
from app.schema import upgrade
from indexer.database import Database
from tests.service import free_port

PARTS = {
    "settings",
    "access",
    "disk",
    "memory",
    "network",
    "service",
    "database",
    "clock",
    "milvus",
    "index",
    "generations",
    "queue",
    "workers",
}
HASHES = {"text model", "image model"}
NEEDS_RECORDS = {"index", "generations", "queue", "workers"}


def examined(folder: Path, *, loads_models: bool = False, **given: str) -> Mapping[str, Finding]:
    environ = {
        "KINDRED_DATA_DIR": str(folder / "data"),
        "KINDRED_TEXT_MODEL": "hash",
        "KINDRED_IMAGE_MODEL": "hash",
        "KINDRED_PORT": str(free_port()),
        **given,
    }
    found = list(examine(environ, now=lambda: datetime.now(UTC), loads_models=loads_models))  # noqa: TID251 - compared with a real service's times
    assert len({each.name for each in found}) == len(found)
    return {each.name: each for each in found}


def verdicts(found: Mapping[str, Finding], verdict: str) -> set[str]:
    return {name for name, each in found.items() if each.verdict == verdict}


def test_before_the_first_start_nothing_fails_and_nothing_is_made(tmp_path: Path) -> None:
    found = examined(tmp_path)

    assert found.keys() == PARTS | HASHES
    assert verdicts(found, "fail") == set()
    assert verdicts(found, "skip") >= HASHES | NEEDS_RECORDS | {"database", "milvus", "service"}
    assert list(tmp_path.iterdir()) == []


def test_with_settings_that_cannot_be_used_the_rest_is_still_named(tmp_path: Path) -> None:
    found = examined(tmp_path, KINDRED_TEXT_MODLE="x")

    assert found.keys() == PARTS | {"models"}
    assert verdicts(found, "fail") == {"settings"}
    assert found["network"].verdict == found["clock"].verdict == "ok"


def test_with_the_database_down_the_other_parts_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kindred.db").write_bytes(b"not a database" * 1_000)

    found = examined(tmp_path, loads_models=True)

    assert verdicts(found, "fail") == {"database"}
    assert verdicts(found, "skip") >= NEEDS_RECORDS
    assert verdicts(found, "warn") >= HASHES


def test_with_milvus_down_the_records_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'data' / 'kindred.db'}")
    upgrade(database)
    database.close()

    found = examined(tmp_path, KINDRED_MILVUS_URI="http://127.0.0.1:9")

    assert verdicts(found, "fail") == {"milvus"}
    assert found["database"].verdict == found["queue"].verdict == "ok"
    assert found["workers"].verdict == "warn"
    assert found["index"].verdict == "skip"


def test_a_lite_file_of_a_name_milvus_cannot_use_fails(tmp_path: Path) -> None:
    found = examined(tmp_path, KINDRED_MILVUS_URI=str(tmp_path / f"{'x' * 50}.db"))

    assert found["milvus"].verdict == "fail"
    assert "at most 36" in found["milvus"].seen
