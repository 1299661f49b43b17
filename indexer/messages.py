"""Rows and keys in portions that Milvus takes at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

BATCH_ROWS = 1_000
"""Rows or keys in a message at most."""

# Milvus takes messages of 64 MB; smaller ones keep one call short of its time-out.
BATCH_BYTES = 8 * 2**20


def chunks(keys: Sequence[int]) -> Iterator[list[int]]:
    """Cut keys into lists short enough for one expression."""
    for start in range(0, len(keys), BATCH_ROWS):
        yield list(keys[start : start + BATCH_ROWS])


def batches(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut stored rows into lists small enough for one message; a row that is larger goes alone."""
    batch: list[dict[str, Any]] = []
    room = BATCH_BYTES
    for row in rows:
        size = _size(row)
        if batch and (size > room or len(batch) == BATCH_ROWS):
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(row)
        room -= size
    if batch:
        yield batch


def _size(row: Mapping[str, Any]) -> int:
    texts = sum(len(text) + 8 for text in (*row["categories"], *row["tokens"], row["item_id"]))
    return int(row["vector"].nbytes) + texts + len(orjson.dumps(row["numbers"])) + 64
