"""Files that mean harm: whatever they hold, they are read, refused row by row, or refused."""

import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.formats.errors import FileError
from app.formats.plan import How
from app.formats.rows import Format
from app.imports import import_interactions, import_items
from app.interactions.interaction import Interaction, InteractionReceipt
from indexer.items import Change, Put, Receipt, checked_id

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

CSV = (
    "item_id,title,price,categories,available,created_at,brand\n"
    'mug-1,"A ""blue"" mug",18.50,"Kitchen > Mugs",yes,2026-05-04,Tonwerk\n'
    "mug-2,Jug,7,Kitchen,no,2026-05-03T10:00:00Z,\n"
)
JSON_LINES = (
    '{"item_id": "mug-1", "title": "A mug", "price": 18.5, "categories": ["Kitchen"]}\n'
    '{"item_id": "mug-2", "title": "Jug", "attributes": {"a": [1, 2.5, true]}}\n'
)
FEED = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
    'xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>mug-1</g:id>'
    "<g:title>A mug</g:title><g:price>18.50 EUR</g:price></item></channel></rss>"
)


def sheet() -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["item_id", "title", "price"])
    page.append(["mug-1", "A mug", 18.5])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def columns() -> bytes:
    content = io.BytesIO()
    table = pa.table({"item_id": ["mug-1", "mug-2"], "title": ["A mug", None], "price": [1.5, 2.0]})
    pq.write_table(table, content)
    return content.getvalue()


def broken_part(part: str) -> bytes:
    """Give a workbook whose directory is whole and one of whose parts cannot be unpacked."""
    content = bytearray(sheet())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        begins = archive.getinfo(part).header_offset + 30 + len(part)
    content[begins : begins + 8] = b"\xff" * 8
    return bytes(content)


VALID: dict[Format, bytes] = {
    "jsonl": JSON_LINES.encode(),
    "json": f"[{','.join(JSON_LINES.splitlines())}]".encode(),
    "csv": CSV.encode(),
    "tsv": CSV.replace(",", "\t").encode(),
    "xml": FEED.encode(),
    "xlsx": sheet(),
    "parquet": columns(),
}


class Kept:
    """Takes items and interactions, and holds each to what anybody downstream relies on."""

    def write(
        self, changes: Sequence[Change], *, now: datetime, recorded: bool = True
    ) -> list[Receipt]:
        assert not recorded
        assert now == NOW
        receipts = []
        for change in changes:
            assert isinstance(change, Put)
            assert checked_id("item_id", change.item.item_id) == change.item.item_id
            receipts.append(Receipt(change.item.item_id, "accepted", None, 1, None))
        return receipts

    def record(self, batch: Sequence[Interaction], *, now: datetime) -> list[InteractionReceipt]:
        assert now == NOW
        return [InteractionReceipt("recorded", item_known=True) for _ in batch]


def read(path: Path, named: Format) -> int:
    """Import a file as items and as interactions; return how many rows landed."""
    how = How(format=named)
    landed = 0
    with suppress(FileError):
        landed += import_items(path, Kept(), now=NOW, how=how).landed
    with suppress(FileError):
        landed += import_interactions(path, Kept(), now=NOW, how=how).landed
    return landed


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw a file that was cut, overwritten, doubled or filled with what breaks readers."""
    harm = [
        b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"[" * 100, b"{" * 100, b"NaN", b"1e999",
        b"-Infinity", b"\\ud800", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>", b"&b;",
        b"\r", b"\n\n", b"=cmd|' /C calc'!A0", b"9" * 400, "\u202e\u200b\u0301".encode(), b"../x",
    ]  # fmt: skip
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        to = draw(st.integers(at, min(len(content), at + 40)))
        content = content[:at] + draw(st.sampled_from(harm) | st.binary(max_size=8)) + content[to:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


HOSTILE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("named", VALID)
def test_a_file_that_is_whole_lands(tmp_path: Path, named: Format) -> None:
    path = tmp_path / "whole"
    path.write_bytes(VALID[named])

    assert read(path, named) >= 1


@pytest.mark.parametrize("named", VALID)
@HOSTILE
@given(data=st.data())
def test_a_file_that_is_damaged_is_read_or_refused(
    tmp_path: Path, named: Format, data: st.DataObject
) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(data.draw(damaged(VALID[named])))

    read(path, named)


# What longer runs of the test above have found.
FOUND: dict[str, tuple[Format, bytes]] = {
    "an encoding nobody knows": ("xml", FEED.replace("UTF-8", "NaNUTF-8").encode()),
    "an encoding that is no text": ("xml", FEED.replace("UTF-8", "base64").encode()),
    "an encoding that lies": ("xml", FEED.replace("UTF-8", "UTF-16").encode()),
    "a broken part of a workbook": ("xlsx", broken_part("docProps/core.xml")),
    "a broken sheet": ("xlsx", broken_part("xl/worksheets/sheet1.xml")),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_broken_is_refused(tmp_path: Path, name: str) -> None:
    named, content = FOUND[name]
    path = tmp_path / "found"
    path.write_bytes(content)

    with pytest.raises(FileError):
        import_items(path, Kept(), now=NOW, how=How(format=named))


@pytest.mark.parametrize("named", VALID)
@HOSTILE
@given(content=st.binary(max_size=300))
def test_bytes_that_are_nothing_are_read_or_refused(
    tmp_path: Path, named: Format, content: bytes
) -> None:
    path = tmp_path / "nothing"
    path.write_bytes(content)

    read(path, named)
