import json
from pathlib import Path

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.people.suspects import suspect
from app.schema import upgrade
from indexer.database import Database
from tests.app.commands.conftest import Kindred
from tests.app.interactions.people import NOW, did


def opened(folder: Path) -> Database:
    database = Database(f"sqlite:///{folder / 'kindred.db'}")
    upgrade(database)
    return database


def record(folder: Path) -> None:
    database = opened(folder)
    history = Interactions(database, Popularity(database))
    history.record([did("ann", "view", "shoe"), did("bob", "view", "shoe")], now=NOW)
    database.close()


def test_everything_of_a_person_is_written_to_a_file_or_out(
    kindred: Kindred, tmp_path: Path
) -> None:
    record(tmp_path)
    file = tmp_path / "ann.json"

    written = kindred("people", "export", "ann", str(file))
    again = kindred("people", "export", "ann", str(file))
    out = kindred("people", "export", "ann")

    assert written.returncode == 0, written.stderr
    held = json.loads(file.read_text())
    assert [each["item_id"] for each in held["interactions"]] == ["shoe"]
    assert again.returncode == 1
    assert "--overwrite" in again.stderr
    assert json.loads(out.stdout)["interactions"] == held["interactions"]


def test_of_somebody_unknown_nothing_is_written(kindred: Kindred, tmp_path: Path) -> None:
    done = kindred("people", "export", "nobody", str(tmp_path / "nobody.json"))

    assert done.returncode == 1
    assert "nothing is known of 'nobody'" in done.stderr
    assert not (tmp_path / "nobody.json").exists()


def test_a_person_is_erased_when_somebody_agrees(kindred: Kindred, tmp_path: Path) -> None:
    record(tmp_path)

    asked = kindred("people", "erase", "ann")
    erased = kindred("people", "erase", "ann", "--yes")

    assert asked.returncode == 2
    assert "say --yes" in asked.stderr
    assert "1 interactions" in erased.stdout
    assert kindred("people", "export", "ann").returncode == 1
    assert kindred("people", "export", "bob").returncode == 0


def test_a_person_opts_out_and_in_again(kindred: Kindred, tmp_path: Path) -> None:
    record(tmp_path)

    out = kindred("people", "opt-out", "ann", "--yes")
    while_out = json.loads(kindred("people", "export", "ann").stdout)
    back = kindred("people", "opt-in", "ann")

    assert (out.returncode, back.returncode) == (0, 0)
    assert while_out["personalised"] is False
    assert while_out["interactions"] == []
    assert kindred("people", "export", "ann").returncode == 1


def test_suspects_are_listed(kindred: Kindred, tmp_path: Path) -> None:
    database = opened(tmp_path)
    with database.writing() as connection:
        suspect(connection, "bot-7", ["clockwork"], looked_at=60, now=NOW)
    database.close()

    listed = kindred("people", "suspects", COLUMNS="200")

    assert "bot-7" in listed.stdout
    assert "clockwork" in listed.stdout
    assert "1 suspects" in listed.stdout


def test_an_id_that_cannot_be_is_refused(kindred: Kindred) -> None:
    done = kindred("people", "erase", "a/b", "--yes")

    assert done.returncode == 1
    assert "user_id" in done.stderr
