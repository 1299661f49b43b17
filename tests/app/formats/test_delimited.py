from pathlib import Path

import pytest

from app.formats.errors import ColumnsUnclear, FileUnreadable
from app.formats.plan import How
from app.formats.rows import MAX_ROW_BYTES
from tests.app.formats.reading import notes_of, rows_of, written


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    lines = [["id", "title", "price"], ["a", '"x, y; z"', "1"], ["b", "w", "2"]]
    source = written(tmp_path, "a.csv", "\n".join(delimiter.join(each) for each in lines))

    rows = rows_of(source)

    assert rows == {
        2: {"item_id": "a", "title": "x, y; z", "price": 1.0},
        3: {"item_id": "b", "title": "w", "price": 2.0},
    }


def test_a_quoted_value_goes_over_lines_and_rows_keep_the_line_they_begin_on(
    tmp_path: Path,
) -> None:
    source = written(tmp_path, "a.csv", 'id,title\r\na,"one\r\ntwo ""three"""\r\n\r\nb,x\r\n')

    rows = rows_of(source)

    assert rows == {
        2: {"item_id": "a", "title": 'one\r\ntwo "three"'},
        5: {"item_id": "b", "title": "x"},
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_is_read_in_the_encodings_that_are_common(tmp_path: Path, encoding: str) -> None:
    source = written(tmp_path, "a.csv", "id;title\na;Küche zu 5 €\n".encode(encoding))

    rows = rows_of(source)

    assert rows == {2: {"item_id": "a", "title": "Küche zu 5 €"}}


def test_what_is_not_utf_8_is_announced(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", "id;title\na;Küche\n".encode("cp1252"))

    notes = notes_of(source)

    assert any("Windows-1252" in note for note in notes)


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", "id;title\na;Жук\n".encode("koi8-r"))

    rows = rows_of(source, how=How(encoding="koi8-r"))

    assert rows == {2: {"item_id": "a", "title": "Жук"}}


def test_an_encoding_that_is_none_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", "id;title\na;x\n")

    with pytest.raises(FileUnreadable, match="'klingon' is no encoding"):
        rows_of(source, how=How(encoding="klingon"))


def test_text_in_no_encoding_that_can_be_told_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", b"id;title\na;\x81\xff\n")

    with pytest.raises(FileUnreadable, match="name its encoding with --encoding"):
        rows_of(source)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a", "1 cells, but the header has 2"),
        ("a,x,y", "3 cells, but the header has 2"),
    ],
)
def test_a_row_of_another_width_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    source = written(tmp_path, "a.csv", f"id,title\nb,ok\n{row}\nc,ok\n")

    rows = rows_of(source)

    assert rows[3] == reason
    assert rows.keys() == {2, 3, 4}


def test_empty_cells_at_the_end_of_a_row_do_no_harm(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", "id,title\na,x,,\n,,\n")

    assert rows_of(source) == {2: {"item_id": "a", "title": "x"}}


def test_a_quote_that_is_never_closed_is_told_with_the_line_it_opened_on(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", 'id,title\na,ok\nb,"never closed\nc,x\n')

    rows = rows_of(source)

    assert rows == {
        2: {"item_id": "a", "title": "ok"},
        3: "a quote is opened and never closed",
    }


def test_an_overlong_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    overlong = "x" * (2 * MAX_ROW_BYTES)
    source = written(tmp_path, "a.csv", f"id,title\na,{overlong}\nb,ok\n")

    rows = rows_of(source)

    assert rows == {2: "longer than 1,000,000 bytes", 3: {"item_id": "b", "title": "ok"}}


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", "id,title,title,\na,x,y,z\n")

    assert rows_of(source) == {2: {"item_id": "a", "title": "x"}}


def test_a_file_without_a_column_for_the_id_is_refused_with_its_columns(tmp_path: Path) -> None:
    source = written(tmp_path, "a.csv", "code name,label\nx,y\n")

    with pytest.raises(ColumnsUnclear, match=r"item_id; the columns are 'code name', 'label'"):
        rows_of(source)


@pytest.mark.parametrize("content", ["", "id,title\n", "\n\n"])
def test_a_table_without_rows_is_no_error(tmp_path: Path, content: str) -> None:
    assert rows_of(written(tmp_path, "a.csv", content)) == {}


def test_a_tsv_keeps_commas(tmp_path: Path) -> None:
    source = written(tmp_path, "a.tsv", "id\ttitle\na\tone, two\n")

    assert rows_of(source) == {2: {"item_id": "a", "title": "one, two"}}
