"""Parquet tables, a row group at a time; needs the extra `files`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from app.formats.errors import ExtraMissing, FileUnreadable
from app.formats.rows import MAX_BATCH_ROWS, Row, Table

BATCH = MAX_BATCH_ROWS


def parquet(file: BinaryIO | Path) -> Table:
    """Open a Parquet table; its rows count from 1.

    Raises:
        ExtraMissing: pyarrow is not installed.
        FileUnreadable: It is no Parquet file.
    """
    try:
        import pyarrow as pa  # an extra
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ExtraMissing.of("Parquet") from error
    try:
        opened = ParquetFile(file)
    except (pa.lib.ArrowException, OSError) as error:
        raise FileUnreadable(f"not a Parquet file: {error}") from error
    schema = opened.schema_arrow
    return Table(
        format="parquet",
        unit="row",
        total=opened.metadata.num_rows,
        rows=_rows(opened, pa),
        columns=tuple(schema.names),
    )


def _rows(opened: Any, pa: Any) -> Iterator[Row]:  # noqa: ANN401 - pyarrow has no types
    number = 0
    try:
        for batch in opened.iter_batches(batch_size=BATCH, use_threads=False):
            table = pa.table(_convertible(batch, pa))
            size = batch.nbytes // max(batch.num_rows, 1)
            for row in table.to_pylist():
                number += 1
                yield Row(number, row, None, size, number)
    except (pa.lib.ArrowException, OSError) as error:
        raise FileUnreadable(f"broken after row {number:,}: {error}") from error


def _convertible(batch: Any, pa: Any) -> dict[str, Any]:  # noqa: ANN401 - pyarrow has no types
    """Cut times to microseconds: a nanosecond has no place in Python's datetime."""
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        kept = column
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            kept = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        columns[name] = kept
    return columns
