"""LanceDB: a table of files, an index of cells with graphs over them."""

from pathlib import Path

import lancedb
import pyarrow as pa

from bench.peers.goods import Found, Goods

AT_ONCE = 10_000


class Lance:
    """One table, safe for many threads."""

    def __init__(self, held: Goods, folder: Path) -> None:
        self._scale = held.scale
        self._rows = {item_id: row for row, item_id in enumerate(held.item_ids)}
        self._vectors = held.vectors
        length = held.vectors.shape[1]
        schema = pa.schema(
            [
                ("item_id", pa.string()),
                ("title", pa.string()),
                ("available", pa.bool_()),
                ("vector", pa.list_(pa.float32(), length)),
            ]
        )
        self._table = lancedb.connect(str(folder)).create_table("goods", schema=schema)
        for start in range(0, len(held.item_ids), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            flat = pa.array(held.vectors[some].reshape(-1))
            self._table.add(
                pa.table(
                    [
                        pa.array(held.item_ids[some]),
                        pa.array(held.titles[some]),
                        pa.array(held.available[some]),
                        pa.FixedSizeListArray.from_arrays(flat, length),
                    ],
                    schema=schema,
                )
            )
        self._table.create_index(
            metric="dot", index_type="IVF_HNSW_SQ", m=16, ef_construction=200, num_partitions=1
        )
        self._table.create_scalar_index("item_id")
        self._table.create_scalar_index("available", index_type="BITMAP")

    def similar(self, item_id: str, *, limit: int, width: int) -> list[Found]:
        """Find available items like another; `width` is ef of the graph."""
        asked = self._vectors[self._rows[item_id]] * self._scale
        found = (
            self._table.search(asked)
            .distance_type("dot")
            .where(f"available AND item_id != '{item_id}'", prefilter=True)
            .nprobes(1)
            .ef(width)
            .refine_factor(2)
            .select(["item_id", "title", "_distance"])
            .limit(limit)
            .to_list()
        )
        return [Found(e["item_id"], e["title"], 1.0 - e["_distance"]) for e in found]
