"""Parquet and Excel."""

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.formats.errors import ExtraMissing, FileUnreadable
from tests.app.formats.reading import notes_of, rows_of, written

UTC = dt.UTC


def sheet(folder: Path, *rows: list[object], others: int = 0) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    for number in range(others):
        book.create_sheet(f"other {number}")
    path = folder / "a.xlsx"
    book.save(path)
    book.close()
    return path


def test_a_parquet_table_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "product_id": [1, 2],
            "name": ["Mug", None],
            "description": ["", "Tea"],
            "price": [1.5, None],
            "in_stock": [True, False],
            "category": [["A > B", "C"], None],
            "created": pa.array([1769868300123456789, None], pa.timestamp("ns", tz="UTC")),
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)

    rows = rows_of(path)

    assert rows == {
        1: {
            "item_id": "1",
            "title": "Mug",
            "price": 1.5,
            "available": True,
            "categories": ["A > B", "C"],
            "created_at": dt.datetime(2026, 1, 31, 14, 5, 0, 123456, UTC),
        },
        2: {"item_id": "2", "description": "Tea", "available": False, "categories": []},
    }


def test_a_sheet_of_excel_is_read_with_its_own_row_numbers(tmp_path: Path) -> None:
    source = sheet(
        tmp_path,
        [],
        ["SKU", "Name", "Price", "Stock", "Created", "note"],
        [7.0, "Mug", 1.5, 3, dt.datetime(2026, 1, 31, 14, 5)],  # noqa: DTZ001 - Excel has no zones
        [],
        ["008", "Cup", "12,50", 0, "2026-01-31"],
    )

    rows = rows_of(source)

    assert rows == {
        3: {
            "item_id": "7",
            "title": "Mug",
            "price": 1.5,
            "available": True,
            "created_at": dt.datetime(2026, 1, 31, 14, 5, tzinfo=UTC),
        },
        5: {
            "item_id": "008",
            "title": "Cup",
            "price": 12.5,
            "available": False,
            "created_at": dt.datetime(2026, 1, 31, tzinfo=UTC),
        },
    }


def test_of_several_sheets_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    source = sheet(tmp_path, ["id", "title"], ["a", "x"], others=1)

    assert any("only the first sheet" in note for note in notes_of(source))


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PK\x03\x04 no", b"id,title\na,b\n"])
def test_what_is_no_such_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    source = written(tmp_path, name, content)

    with pytest.raises(FileUnreadable, match="not a"):
        rows_of(source)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as member,
    ):
        for _ in range(300):
            member.write(bytes(1_000_000))

    with pytest.raises(FileUnreadable, match="unpacks to too much"):
        rows_of(path)


@pytest.mark.parametrize(("name", "package"), [("a.parquet", "pyarrow"), ("a.xlsx", "openpyxl")])
def test_without_the_extra_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    source = written(tmp_path, name, b"anything")

    with pytest.raises(ExtraMissing, match=r"pip install 'kindred\[files\]'"):
        rows_of(source)
