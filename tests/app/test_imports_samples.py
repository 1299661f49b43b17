"""Files of other people's shape: they land, or are refused with the line and the reason."""

from pathlib import Path

import pytest

from app.formats.errors import ColumnsUnclear
from app.imports import import_items
from app.tally import BadRow, Repeat
from indexer.catalogue import Catalogue
from indexer.database import Database
from tests.app.formats.reading import written
from tests.app.test_imports import NOW


@pytest.fixture
def catalogue(sqlite_database: Database) -> Catalogue:
    return Catalogue(sqlite_database)


def test_semicolons_decimal_commas_and_windows_letters(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    source = written(
        tmp_path,
        "artikel.csv",
        "Artikelnummer;Bezeichnung;Kategorie;Preis;Lagerbestand;Marke;EK-Preis\r\n"
        '0071;"Kaffeebecher, blau";Küche > Becher;1.234,50 €;12;Tonwerk;3,20\r\n'
        "0072;Teekanne;Küche > Kannen;19,90 €;0;Tonwerk;9,00\r\n".encode("cp1252"),
    )

    report = import_items(source, catalogue, now=NOW)

    first, second = (each.item for each in catalogue.page())
    assert (report.landed, report.bad) == (2, 0)
    assert (first.item_id, first.title, first.price) == ("0071", "Kaffeebecher, blau", 1234.5)
    assert (first.categories, first.available) == (("Küche", "Becher"), True)
    assert first.attributes == {"marke": "Tonwerk"}  # what the shop paid is left out
    assert (second.price, second.available) == (19.9, False)


def test_a_byte_order_mark_and_quoted_lines(tmp_path: Path, catalogue: Catalogue) -> None:
    source = written(
        tmp_path,
        "export.csv",
        "\ufeffid,title,description,image_link\r\n"
        'a,Mug,"Heavy.\r\nKeeps coffee ""warm"".",https://shop.example/a.jpg\r\n',
    )

    report = import_items(source, catalogue, now=NOW)

    stored = catalogue.get("a")
    assert report.landed == 1
    assert stored is not None
    assert stored.item.description == 'Heavy.\r\nKeeps coffee "warm".'


def test_missing_ids(tmp_path: Path, catalogue: Catalogue) -> None:
    source = written(
        tmp_path, "products.csv", "sku,name,price\n,No number,5\nb,Tea,3\n  ,Blank,2\nd,,\n"
    )

    report = import_items(source, catalogue, now=NOW)

    assert report.landed == 1
    assert [each.line for each in report.problems] == [2, 4, 5]
    assert report.problems[0] == BadRow(2, "item_id: Field required")
    assert "title, description or image_url" in report.problems[2].reason
    assert report.nameless == 2


def test_no_id_at_all(tmp_path: Path, catalogue: Catalogue) -> None:
    source = written(tmp_path, "products.csv", "label,amount\nMug,5\n")

    with pytest.raises(ColumnsUnclear, match="no column could be told to be item_id"):
        import_items(source, catalogue, now=NOW)

    assert catalogue.count() == 0


def test_duplicate_ids(tmp_path: Path, catalogue: Catalogue) -> None:
    source = written(
        tmp_path,
        "products.csv",
        "id,title,price\na,first,1\nb,other,2\na,second,3\na,broken,much\na,third,4\n",
    )

    report = import_items(source, catalogue, now=NOW)

    stored = catalogue.get("a")
    assert stored is not None
    assert (stored.item.title, stored.revision) == ("third", 1)
    assert (report.landed, report.bad, report.repeated) == (2, 1, 2)
    assert report.repeats == (Repeat("a", 4, 2), Repeat("a", 6, 4))
    assert report.problems[0].line == 5


def test_duplicate_ids_far_apart(tmp_path: Path, catalogue: Catalogue) -> None:
    between = "".join(f"x{number},x\n" for number in range(1_500))
    source = written(tmp_path, "products.csv", f"id,title\na,first\n{between}a,second\n")

    report = import_items(source, catalogue, now=NOW)

    stored = catalogue.get("a")
    assert stored is not None
    assert stored.item.title == "second"
    assert report.repeats == (Repeat("a", 1_503, 2),)


def test_an_ambiguous_date_is_refused_with_what_to_say(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    source = written(tmp_path, "products.csv", "id,title,created\na,x,01/02/2026\nb,x,2026-02-01\n")

    report = import_items(source, catalogue, now=NOW)

    assert report.landed == 1
    assert report.problems[0].line == 2
    assert "--time-format" in report.problems[0].reason
