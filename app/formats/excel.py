"""The first sheet of an Excel workbook, a row at a time; needs the extra `files`."""

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from app.formats.delimited import named_apart
from app.formats.errors import ExtraMissing, FileUnreadable
from app.formats.rows import MAX_ROW_BYTES, Row, Table

MAX_SHARED_TEXT_BYTES = 256_000_000
"""Of the texts a workbook keeps in one place, which have to be held in memory."""

MAX_UNPACKED_BYTES = 4_000_000_000


def excel(file: BinaryIO) -> Table:
    """Open a workbook's first sheet; its rows count as the sheet shows them.

    Raises:
        ExtraMissing: openpyxl is not installed.
        FileUnreadable: It is no workbook, or unpacks to more than a sheet of a million rows would.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise ExtraMissing.of("Excel") from error
    _hold_to_bounds(file)
    with _translated("not an Excel workbook (.xlsx)"), warnings.catch_warnings():
        # About styles and validations, which are of no interest here.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        if not book.worksheets:
            raise FileUnreadable("the workbook has no sheet of cells")
        sheet = book.worksheets[0]
        cells = enumerate(sheet.iter_rows(values_only=True), start=1)
        header = next((row for _, row in cells if any(map(_said, row))), ())
    names = [("" if cell is None else str(cell)).strip() for cell in header]
    while names and not names[-1]:
        names.pop()
    others = book.sheetnames[1:]
    return Table(
        format="xlsx",
        unit="row",
        total=sheet.max_row,
        rows=_rows(book, cells, named_apart(names)),
        columns=named_apart(names),
        notes=(f"only the first sheet is read, {sheet.title!r}",) if others else (),
    )


def _hold_to_bounds(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = {each.filename: each.file_size for each in archive.infolist()}
    except (zipfile.BadZipFile, OSError) as error:
        raise FileUnreadable(f"not an Excel workbook (.xlsx): {error}") from error
    finally:
        file.seek(0)
    shared = sizes.get("xl/sharedStrings.xml", 0)
    if shared > MAX_SHARED_TEXT_BYTES or sum(sizes.values()) > MAX_UNPACKED_BYTES:
        raise FileUnreadable("the workbook unpacks to too much: save the sheet as CSV")


def _rows(
    book: Any,  # noqa: ANN401 - openpyxl has no types
    cells: Iterator[tuple[int, tuple[object, ...]]],
    names: tuple[str, ...],
) -> Iterator[Row]:
    number = 0
    try:
        while True:
            with _translated(f"the sheet is broken after row {number:,}"):
                number, row = next(cells, (number, None))
            if row is None:
                return
            if not any(map(_said, row)):
                continue
            size = sum(len(cell) if isinstance(cell, str) else 8 for cell in row)
            if size > MAX_ROW_BYTES:
                yield Row(number, None, f"longer than {MAX_ROW_BYTES:,} bytes", size, number)
                continue
            yield Row(number, dict(zip(names, row, strict=False)), None, size, number)
    finally:
        book.close()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except FileUnreadable:
        raise
    except Exception as error:
        # Of zip, XML, openpyxl and what is under them, a damaged workbook fails in whichever comes
        # across the damage first, by errors that none of them lists.
        raise FileUnreadable(f"{what}: {error or type(error).__name__}") from error


def _said(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""
