"""PostgreSQL with pgvector: the records and the vectors in one table, an HNSW graph over it."""

import threading
from typing import Any

import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector

from bench.peers.goods import Found, Goods

SIMILAR = """
SELECT item_id, title, -(vector <#> %(asked)s) AS score
FROM goods WHERE available AND item_id <> %(item_id)s
ORDER BY vector <#> %(asked)s LIMIT %(limit)s
"""


class PgVector:
    """A connection for each thread, as a pool would give them."""

    def __init__(self, held: Goods, url: str) -> None:
        self._url = url
        self._scale = held.scale
        self._own = threading.local()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            register_vector(connection)
            length = held.vectors.shape[1]
            connection.execute(
                "CREATE TABLE goods (item_id text PRIMARY KEY, title text, available boolean, "
                f"vector vector({length}))"
            )
            copying = "COPY goods (item_id, title, available, vector) FROM STDIN (FORMAT BINARY)"
            with connection.cursor() as cursor, cursor.copy(copying) as copy:
                copy.set_types(["text", "text", "bool", "vector"])
                for row, item_id in enumerate(held.item_ids):
                    values = (item_id, held.titles[row], bool(held.available[row]))
                    copy.write_row((*values, Vector(held.vectors[row])))
            connection.execute("SET maintenance_work_mem = '1GB'")
            connection.execute(
                "CREATE INDEX ON goods USING hnsw (vector vector_ip_ops) "
                "WITH (m = 16, ef_construction = 200)"
            )
            connection.execute("ANALYZE goods")

    def similar(self, item_id: str, *, limit: int, width: int) -> list[Found]:
        """Find available items like another; `width` is hnsw.ef_search."""
        connection = self._connection(width)
        row = connection.execute(
            "SELECT vector FROM goods WHERE item_id = %s", (item_id,)
        ).fetchone()
        if row is None:
            raise KeyError(item_id)
        asked = Vector(row[0].to_numpy() * self._scale)
        rows = connection.execute(SIMILAR, {"asked": asked, "item_id": item_id, "limit": limit})
        return [Found(*each) for each in rows]

    def _connection(self, width: int) -> "psycopg.Connection[Any]":
        connection: psycopg.Connection[Any] | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = psycopg.connect(self._url, autocommit=True)
            register_vector(connection)
            self._own.width = 0
        if self._own.width != width:
            connection.execute(f"SET hnsw.ef_search = {width:d}")
            self._own.width = width
        return connection
