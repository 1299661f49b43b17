"""The purchases of UCI Online Retail II."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.interests.recorded import Goods, Recorded, Rows

FILE = "online_retail_II.parquet"

PRODUCT = r"^\d{5}"
"""Codes of goods; the others are postage, charges, corrections and samples."""

LAPSE = timedelta(days=60)
"""The data does not say what is in stock: what nobody bought for so long is taken to be gone."""


def read(folder: Path) -> Recorded:
    """Read and clean it: no credit notes, nobody without a number, nothing free, one line an item.

    The title of an item is its most frequent description, ties by the alphabet. An invoice has one
    time for all its lines; here they are a second apart, in their order.
    """
    table = _goods(pq.read_table(folder / FILE))
    titles = _titles(table)
    # Exact duplicates (the two years overlap) and an item's further lines of one invoice go here;
    # without threads the order of lines stays.
    lines = table.group_by(
        ["Customer ID", "Invoice", "InvoiceDate", "StockCode"], use_threads=False
    ).aggregate([])
    codes = sorted(titles)
    place = {code: row for row, code in enumerate(codes)}
    customers = lines["Customer ID"].to_pylist()
    people = sorted({int(each) for each in customers})
    person = {each: row for row, each in enumerate(people)}
    invoices: dict[str, int] = {}
    visit = [invoices.setdefault(each, len(invoices)) for each in lines["Invoice"].to_pylist()]
    when = lines["InvoiceDate"].cast("timestamp[s]").cast("int64").to_numpy() + _places(visit)
    order = np.argsort(when, kind="stable")
    return Recorded(
        "online-retail",
        "UCI Online Retail II, CC BY 4.0",
        tuple(Goods(code, titles[code]) for code in codes),
        tuple(str(each) for each in people),
        "purchase",
        np.array([person[int(each)] for each in customers], dtype=np.int64)[order],
        np.array([place[each] for each in lines["StockCode"].to_pylist()], dtype=np.int64)[order],
        when[order],
        np.full(len(order), np.nan),
        np.array(visit, dtype=np.int64)[order],
        LAPSE,
        "",
    )


def _goods(table: pa.Table) -> pa.Table:
    kept = pc.and_kleene(pc.greater(table["Quantity"], 0), pc.greater(table["Price"], 0))
    kept = pc.and_kleene(kept, pc.is_valid(table["Customer ID"]))
    kept = pc.and_kleene(kept, pc.invert(pc.starts_with(table["Invoice"], "C")))
    kept = pc.and_kleene(kept, pc.match_substring_regex(table["StockCode"], PRODUCT))
    return table.filter(kept)


def _titles(table: pa.Table) -> dict[str, str]:
    counted = table.group_by(["StockCode", "Description"]).aggregate([([], "count_all")])
    by_code: dict[str, Counter[str]] = {}
    for row in counted.to_pylist():
        title = " ".join((row["Description"] or "").split())
        by_code.setdefault(row["StockCode"], Counter())[title] += row["count_all"]
    return {
        code: min(titles, key=lambda title: (-titles[title], title))
        for code, titles in by_code.items()
    }


def _places(visit: Sequence[int]) -> Rows:
    """Count the lines of each invoice: shape (n,), 0 for its first."""
    counted: Counter[int] = Counter()
    places = np.zeros(len(visit), dtype=np.int64)
    for row, each in enumerate(visit):
        places[row] = counted[each]
        counted[each] += 1
    return places
