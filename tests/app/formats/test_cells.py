from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats import cells
from app.formats.cells import CellError, Decimals


@pytest.mark.parametrize(
    ("written", "decimals", "meant"),
    [
        ("12", "point", 12),
        ("12.5", "point", 12.5),
        ("1.234,50 €", "point", 1234.5),
        ("1.234,50 €", "comma", 1234.5),
        ("€1,234.50", "comma", 1234.5),
        ("USD 1,234.50", "point", 1234.5),
        ("15.00 USD", "point", 15),
        ("19,90", "point", 19.9),
        ("1.234", "point", 1.234),
        ("1.234", "comma", 1234),
        ("1,234", "point", 1234),
        ("1,234", "comma", 1.234),
        ("0.125", "comma", 0.125),
        ("1.234.567", "point", 1234567),
        ("1 234,50", "point", 1234.5),
        ("1\u00a0234\u00a0567,5 kr", "point", 1234567.5),
        ("CHF 1'234.50", "point", 1234.5),
        (",5", "comma", 0.5),
        ("-3,5", "comma", -3.5),
        ("1e3", "point", 1000),
        (7, "comma", 7),
        (Decimal("1.10"), "comma", 1.1),
        ("", "point", None),
        (" ", "point", None),
        (None, "point", None),
    ],
)
def test_a_number_is_what_people_mean_by_it(
    written: object, decimals: Decimals, meant: float | None
) -> None:
    assert cells.number(written, decimals) == meant


@pytest.mark.parametrize(
    "written", ["abc", "1,2.3,4", "on request", "12-15", "NaN", "inf", True, [1], "1.2.3"]
)
def test_what_is_no_number_is_refused_with_its_value(written: object) -> None:
    with pytest.raises(CellError, match="number"):
        cells.number(written)


@given(st.floats(min_value=0, max_value=1e15, allow_nan=False))
def test_a_number_written_by_a_program_is_read_exactly(number: float) -> None:
    assert cells.number(repr(number)) == number


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["19,90", "5"], ("comma", False)),
        (["19.90", "1.234"], ("point", False)),
        (["1.234,50"], ("comma", False)),
        (["1.234", "2.345"], ("point", True)),
        (["12", "13"], ("point", False)),
        ([], ("point", False)),
    ],
)
def test_a_sample_tells_which_mark_decimals_have(
    values: list[object], found: tuple[Decimals, bool]
) -> None:
    assert cells.decimals_of(values) == found


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("in_stock", True),
        ("in stock", True),
        ("In Stock", True),
        ("https://schema.org/InStock", True),
        ("preorder", True),
        ("1", True),
        ("12", True),
        (3, True),
        ("yes", True),
        ("ja", True),
        (True, True),
        ("out_of_stock", False),
        ("out-of-stock", False),
        ("0", False),
        ("0.0", False),
        (0, False),
        ("no", False),
        ("Sold out", False),
        ("", None),
        (None, None),
    ],
)
def test_yes_and_no_are_understood(said: object, meant: bool | None) -> None:
    assert cells.flag(said) is meant


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(CellError, match="neither yes nor no"):
        cells.flag("perhaps")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Home > Kitchen > Mugs", ["Home", "Kitchen", "Mugs"]),
        ("Home|Kitchen", ["Home", "Kitchen"]),
        ("Home;Kitchen;", ["Home", "Kitchen"]),
        ("Apparel &amp; Accessories &gt; Shoes", ["Apparel & Accessories", "Shoes"]),
        ('["A > B", "C"]', ["A > B", "C"]),
        ("[unclosed", ["[unclosed"]),
        (["A > B", {"name": "C"}, None], ["A > B", "C"]),
        ("Mugs", ["Mugs"]),
        ("A > A", ["A"]),
        ("", []),
        (None, []),
    ],
)
def test_categories_are_divided_as_people_divide_them(said: object, meant: list[str]) -> None:
    assert cells.names(said) == meant


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T14:05:00Z",
        "2026-01-31T15:05:00+01:00",
        "2026-01-31 14:05",
        "2026/01/31 14:05",
        "31.01.2026 14:05",
        "Sat, 31 Jan 2026 14:05:00 GMT",
        "1769868300",
        "1769868300000",
        1769868300,
        1769868300.0,
        datetime(2026, 1, 31, 14, 5),  # noqa: DTZ001 - as a table without zones has it
        datetime(2026, 1, 31, 15, 5, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_time_is_read_in_the_ways_it_is_written(written: object) -> None:
    assert cells.moment(written) == datetime(2026, 1, 31, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "form", "meant"),
    [
        ("20260131", None, datetime(2026, 1, 31, tzinfo=UTC)),
        (date(2026, 1, 31), None, datetime(2026, 1, 31, tzinfo=UTC)),
        ("1/31/2026 8:26", "%m/%d/%Y %H:%M", datetime(2026, 1, 31, 8, 26, tzinfo=UTC)),
        ("", None, None),
    ],
)
def test_dates_and_forms_of_ones_own_are_read(
    written: object, form: str | None, meant: datetime | None
) -> None:
    assert cells.moment(written, form) == meant


@pytest.mark.parametrize("written", ["01/02/2026", "yesterday", "12", "Foo, 99 Jan", True, 1e300])
def test_a_time_of_two_meanings_or_none_is_refused(written: object) -> None:
    with pytest.raises(CellError, match="no time that can be told"):
        cells.moment(written)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("https://a.example/1.jpg", "https://a.example/1.jpg"),
        ("https://a.example/1.jpg|https://a.example/2.jpg", "https://a.example/1.jpg"),
        ("https://a.example/1.jpg,https://a.example/2.jpg", "https://a.example/1.jpg"),
        ("https://a.example/1,2.jpg", "https://a.example/1,2.jpg"),
        ([{"src": "https://a.example/1.jpg"}], "https://a.example/1.jpg"),
        ("data:image/png;base64,AA==", "data:image/png;base64,AA=="),
        ("", None),
        ([], None),
    ],
)
def test_of_several_pictures_the_first_is_taken(cell: object, meant: str | None) -> None:
    assert cells.picture(cell) == meant


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (" 007 ", "007"),
        (12.0, "12"),
        (12, "12"),
        ("", None),
        (b"a", "a"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_an_id_is_text_without_space_around_it(cell: object, meant: str | None) -> None:
    assert cells.identifier(cell) == meant


@pytest.mark.parametrize("cell", [True, [1], {"a": 1}, b"\xff"])
def test_what_is_no_text_is_refused(cell: object) -> None:
    with pytest.raises(CellError, match="not text"):
        cells.text(cell)
