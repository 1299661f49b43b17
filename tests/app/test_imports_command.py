"""`kindred import` and `kindred export` as people type them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.formats.reading import written
from tests.app.typing_kindred import Kindred, typing_kindred
from tests.indexer.picture_hosts import PictureHost, picture_host, reply

SHOP = "Artikelnummer;Bezeichnung;Preis;EK\n1;Becher;1,50;1\n;Kanne;2,00;1\n1;Tasse;3,00;1\n"


@pytest.fixture
def kindred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kindred:
    settings = {
        "data_dir": str(tmp_path / "data"),
        "text_model": "hash",
        "image_model": "hash",
        "allow_private_addresses": "true",
    }
    return typing_kindred(monkeypatch, settings)


@pytest.fixture
def shop() -> Iterator[PictureHost]:
    with picture_host({}) as host:
        yield host


def test_the_guess_is_shown_with_what_was_found_out_and_left_out(
    tmp_path: Path, kindred: Kindred
) -> None:
    source = written(tmp_path, "a.csv", SHOP.encode("cp1252"))

    done = kindred("import", "items", str(source))

    assert "columns are separated by semicolons" in done.stdout
    assert "decimal commas" in done.stdout
    assert "'Artikelnummer'  item_id" in done.stdout
    assert "left out: 'EK'" in done.stdout


def test_bad_rows_and_repeated_ids_are_told_with_their_lines(
    tmp_path: Path, kindred: Kindred
) -> None:
    source = written(tmp_path, "a.csv", SHOP)

    done = kindred("import", "items", str(source))

    assert done.exit_code == 1
    assert "line 3: item_id: Field required" in done.output
    assert "line 4: '1' again, as in line 2" in done.output
    assert "1 landed, 0 were there already, 1 bad" in done.stdout


def test_a_dry_run_shows_what_would_land_and_writes_nothing(
    tmp_path: Path, kindred: Kindred
) -> None:
    source = written(tmp_path, "a.csv", "id,title\na,Mug\n")

    rehearsed = kindred("import", "items", str(source), "--dry-run")
    done = kindred("import", "items", str(source))

    assert rehearsed.exit_code == 0
    assert "1 would land" in rehearsed.stdout
    assert '{"item_id":"a","title":"Mug"' in rehearsed.stdout
    assert "1 landed" in done.stdout


def test_options_say_how_a_file_is_read(tmp_path: Path, kindred: Kindred) -> None:
    source = written(tmp_path, "orders.txt", "who,what=it,when\n7,a,12/1/2010 8:26\n")

    done = kindred(
        "import",
        "interactions",
        str(source),
        *("--format", "csv", "--map", "who=user_id", "--map", "what=it=item_id"),
        *("--map", "when=timestamp", "--set", "type=purchase"),
        *("--time-format", "%m/%d/%Y %H:%M", "--decimals", "point", "--encoding", "utf-8"),
    )
    out = kindred("export", "interactions", "-")

    assert done.exit_code == 0, done.output
    assert '"timestamp":"2010-12-01T08:26:00Z"' in out.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.csv", "--map", "title"],
        ["a.csv", "--map", "id=title", "--map", "id=item_id"],
        ["a.csv", "--decimals", "dot"],
        ["a.csv", "--delete-missing"],
        ["a.csv", "--url", "http://shop.example/"],
        ["missing.csv"],
        ["."],
        [],
    ],
)
def test_arguments_that_cannot_be_used_end_with_2(
    tmp_path: Path, kindred: Kindred, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    written(tmp_path, "a.csv", "id,title\na,Mug\n")
    monkeypatch.chdir(tmp_path)

    done = kindred("import", "items", *arguments)

    assert done.exit_code == 2


def test_a_feed_is_pulled_by_its_address(shop: PictureHost, kindred: Kindred) -> None:
    url = shop.url + "/feed.json"
    shop.replies["/feed.json"] = reply(
        b'[{"id": 1, "name": "Mug"}, {"id": 2, "name": "Cup"}]', 200, ("ETag", "1")
    )
    first = kindred("import", "items", "--url", url, "--delete-missing")
    shop.replies["/feed.json"] = reply(b"", 304)
    second = kindred("import", "items", "--url", url)
    shop.replies["/feed.json"] = reply(b'[{"id": 1, "name": "Mug"}]', 200, ("ETag", "2"))
    refused = kindred("import", "items", "--url", url, "--delete-missing")
    rehearsed = kindred(
        "import", "items", "--url", url, "--delete-missing", "--max-delete-share", "1", "--dry-run"
    )
    allowed = kindred(
        "import", "items", "--url", url, "--delete-missing", "--max-delete-share", "1"
    )

    assert "2 landed" in first.stdout
    assert "has not changed since the last pull" in second.stdout
    assert refused.exit_code == 1
    assert "1 of the feed's 2 items" in refused.output
    assert "1 of 2 items vanished from the feed, 1 would be deleted" in rehearsed.stdout
    assert "1 of 2 items vanished from the feed, 1 deleted" in allowed.stdout


def test_items_are_exported_and_imported_by_name(tmp_path: Path, kindred: Kindred) -> None:
    kindred("import", "items", "-", given='{"item_id": "a", "title": "Mug"}\n')

    out = kindred("export", "items", str(tmp_path / "a.xlsx"))
    again = kindred("import", "items", str(tmp_path / "a.xlsx"))

    assert out.exit_code == 0, out.output
    assert "1 items written" in out.output
    assert "0 landed, 1 were there already" in again.stdout


def test_other_formats_come_through_standard_input_too(kindred: Kindred) -> None:
    done = kindred("import", "items", "-", "--format", "csv", given="id;title\na;Mug\n")

    assert "1 landed" in done.stdout
