"""Online Retail II is cleaned as its numbers are usually given."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.datasets.online_retail import COLUMNS, online_retail
from app.datasets.sources import told
from app.evaluation.errors import DatasetUnreadable
from tests.shared_data import shared_data

MORNING, NOON = datetime(2010, 1, 1, 8), datetime(2010, 1, 1, 12)  # noqa: DTZ001 - as in the file

SOLD = [
    ("2", "A ", "Red mug", 3, NOON, 2.5, 17.0, "UK"),
    ("1", "A", "mug", 1, MORNING, 2.0, 18.0, "UK"),
    ("1", "A", "mug", 1, MORNING, 2.0, 18.0, "UK"),
    ("C3", "A", "mug", 1, NOON, 2.0, 18.0, "UK"),
    ("4", "A", "mug", -1, NOON, 2.0, 18.0, "UK"),
    ("5", "A", "mug", 1, NOON, 0.0, 18.0, "UK"),
    ("6", "B", None, 1, NOON, 1.0, None, "UK"),
    ("7", "B", None, 1, NOON, 1.0, 18.0, "UK"),
]


def written(folder: Path, rows: list[tuple[object, ...]]) -> Path:
    columns = dict(zip(COLUMNS, (list(each) for each in zip(*rows, strict=True)), strict=True))
    file = folder / "retail.parquet"
    pq.write_table(pa.table(columns), file)
    return file


def test_duplicates_strangers_returns_and_gifts_are_left_out(tmp_path: Path) -> None:
    file = written(tmp_path, [tuple(row) for row in SOLD])

    held = online_retail(file)

    assert told(file) == "online-retail"
    assert held.people == ("17", "18")
    assert held.person.tolist() == [1, 0, 1]
    assert held.value.tolist() == [1, 3, 1]
    assert held.when[0] == MORNING.replace(tzinfo=UTC).timestamp()
    assert held.kinds == ("purchase",)


def test_an_item_has_its_last_title_and_price(tmp_path: Path) -> None:
    held = online_retail(written(tmp_path, [tuple(row) for row in SOLD]))

    mug, nameless = held.things
    assert (mug.item_id, mug.title, mug.price) == ("A", "Red mug", 2.5)
    assert (nameless.item_id, nameless.title) == ("B", None)


def test_missing_columns_and_files_that_are_no_tables_are_told(tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"Invoice": ["1"]}), other)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 not really")

    with pytest.raises(DatasetUnreadable, match="has no column 'StockCode'"):
        online_retail(other)
    with pytest.raises(DatasetUnreadable, match=r"broken\.parquet is no Parquet table"):
        online_retail(broken)


@pytest.mark.shared_data
def test_the_whole_set_has_the_numbers_it_is_known_for() -> None:
    held = online_retail(shared_data("online-retail") / "online_retail_II.parquet")

    assert (len(held), len(held.people), len(held.things)) == (779_424, 5_878, 4_631)
