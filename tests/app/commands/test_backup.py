from pathlib import Path

from app.access.audit import Audit
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put
from tests.app.commands.conftest import Kindred
from tests.app.commands.test_people import opened
from tests.app.interactions.people import NOW


def shop(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    database = opened(folder)
    Catalogue(database).write([Put(Item("mug", title="mug"), NOW)], now=NOW)
    database.close()


def actions(folder: Path) -> list[str]:
    database = Database(f"sqlite:///{folder / 'kindred.db'}")
    found = [each.action.action for each in Audit(database).page(limit=9)]
    database.close()
    return found


def test_records_move_by_a_file_from_one_place_to_another(kindred: Kindred, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    shop(here)
    file = str(tmp_path / "kindred.backup")

    made = kindred("backup", file, KINDRED_DATA_DIR=str(here))
    restored = kindred("restore", file, KINDRED_DATA_DIR=str(there))
    exported = kindred("export", "items", "-", KINDRED_DATA_DIR=str(there))

    assert made.returncode == 0, made.stderr
    assert "rows of" in made.stdout
    assert restored.returncode == 0, restored.stderr
    assert "builds the index anew" in restored.stdout
    assert '"mug"' in exported.stdout
    assert actions(here) == ["backup"]
    assert actions(there)[1:] == ["restore", "backup"]


def test_nothing_is_written_over_unless_that_is_said(kindred: Kindred, tmp_path: Path) -> None:
    shop(tmp_path)
    file = tmp_path / "kindred.backup"
    file.write_text("precious")

    refused = kindred("backup", str(file))
    kept = file.read_text()
    made = kindred("backup", str(file), "--overwrite")
    full = kindred("restore", str(file))
    forced = kindred("restore", str(file), "--force")

    assert (refused.returncode, kept) == (1, "precious")
    assert "--overwrite" in refused.stderr
    assert made.returncode == 0
    assert full.returncode == 1
    assert "--force" in full.stderr
    assert forced.returncode == 0


def test_a_file_that_is_no_backup_ends_with_one_sentence(kindred: Kindred, tmp_path: Path) -> None:
    file = tmp_path / "kindred.backup"
    file.write_text("no backup")

    done = kindred("restore", str(file))

    assert done.returncode == 1
    assert "is no backup, or was cut off" in done.stderr
    assert done.stderr.count("\n") == 1
