"""UCI Online Retail II (Chen, 2019; CC BY 4.0): what a British gift shop sold in 2009 to 2011.

Read from Parquet. Left out are exact duplicates (the two years overlap), rows without a customer,
cancelled invoices (their numbers start with C), and quantities or prices of 0 or less. Each row
that stays is a purchase; its quantity is the value. An item's title and price are its last ones.
"""

from pathlib import Path
from typing import Any

from app.evaluation.errors import DatasetUnreadable
from app.evaluation.log import Log, Thing
from app.formats.errors import ExtraMissing

COLUMNS = (
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
)


def is_online_retail(file: Path) -> bool:
    """Tell whether a file is a Parquet table with its columns; False where that cannot be read."""
    if file.suffix != ".parquet":
        return False
    return set(COLUMNS) <= set(_pyarrow("parquet").read_schema(file).names)


def online_retail(file: Path) -> Log:
    """Read the table.

    Raises:
        DatasetUnreadable: It is no Parquet table, or columns are missing.
        ExtraMissing: pyarrow is not installed.
    """
    table = _kept(_table(file), _pyarrow("compute"))
    codes = [each.strip() for each in table["StockCode"].to_pylist()]
    titles, prices = table["Description"].to_pylist(), table["Price"].to_pylist()
    last: dict[str, Thing] = {}
    for code, title, price in zip(codes, titles, prices, strict=True):
        said = title.strip() if title else ""
        held = last.get(code)
        last[code] = Thing(code, said or (held.title if held else None), price=price)
    return Log.from_columns(
        file.stem,
        [f"{each:.0f}" for each in table["Customer ID"].to_pylist()],
        codes,
        ["purchase"] * len(codes),
        table["Quantity"].to_pylist(),
        [each.timestamp() for each in _in_utc(table, _pyarrow("compute")).to_pylist()],
        last.values(),
    )


def _table(file: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    parquet, arrow = _pyarrow("parquet"), _pyarrow()
    try:
        table = parquet.read_table(file)
    except (arrow.lib.ArrowException, OSError) as error:
        raise DatasetUnreadable(f"{file.name} is no Parquet table: {error}") from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise DatasetUnreadable(f"{file.name} has no column {', '.join(map(repr, missing))}")
    return table.select(list(COLUMNS))


def _kept(table: Any, compute: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    sold = table.group_by(list(COLUMNS), use_threads=False).aggregate([])
    invoices = compute.cast(sold["Invoice"], "string")
    good = compute.is_valid(sold["Customer ID"])
    good = compute.and_(good, compute.invert(compute.starts_with(invoices, "C")))
    good = compute.and_(good, compute.greater(sold["Quantity"], 0))
    good = compute.and_(good, compute.greater(sold["Price"], 0))
    # In order of time, and of equal times in the order of the file, which grouping keeps.
    kept = sold.filter(good)
    return kept.take(compute.array_sort_indices(kept["InvoiceDate"].combine_chunks()))


def _in_utc(table: Any, compute: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """The shop's clock is not told to have an offset; it is taken for UTC."""
    return compute.assume_timezone(table["InvoiceDate"], "UTC")


def _pyarrow(part: str = "") -> Any:  # noqa: ANN401 - pyarrow has no types
    from importlib import import_module

    try:
        return import_module(f"pyarrow.{part}" if part else "pyarrow")
    except ImportError as error:
        raise ExtraMissing.of("Parquet") from error
