"""qdrant-client's local mode: everything in this process, compared exactly with numpy."""

import threading
from pathlib import Path

from qdrant_client import QdrantClient, models

from bench.peers.goods import Found, Goods

NAME = "goods"
AT_ONCE = 1_000
AVAILABLE = models.FieldCondition(key="available", match=models.MatchValue(value=True))


class Qdrant:
    """One client behind a lock: the local mode is not made for many threads."""

    def __init__(self, held: Goods, folder: Path) -> None:
        self._scale = held.scale
        self._keys = {item_id: key for key, item_id in enumerate(held.item_ids)}
        self._lock = threading.Lock()
        self._client = QdrantClient(path=str(folder), force_disable_check_same_thread=True)
        length = held.vectors.shape[1]
        self._client.create_collection(
            NAME, models.VectorParams(size=length, distance=models.Distance.DOT)
        )
        for start in range(0, len(held.item_ids), AT_ONCE):
            keys = range(start, min(start + AT_ONCE, len(held.item_ids)))
            self._client.upsert(
                NAME,
                models.Batch(
                    ids=list(keys),
                    vectors=held.vectors[keys.start : keys.stop].tolist(),
                    payloads=[
                        {
                            "item_id": held.item_ids[key],
                            "title": held.titles[key],
                            "available": bool(held.available[key]),
                        }
                        for key in keys
                    ],
                ),
            )

    def similar(self, item_id: str, *, limit: int, width: int) -> list[Found]:
        """Find available items like another; `width` is not used, as the search is exact."""
        del width
        key = self._keys[item_id]
        with self._lock:
            [held] = self._client.retrieve(NAME, [key], with_vectors=True)
            found = self._client.query_points(
                NAME,
                query=(self._scale * held.vector).tolist(),
                query_filter=models.Filter(
                    must=[AVAILABLE], must_not=[models.HasIdCondition(has_id=[key])]
                ),
                limit=limit,
                with_payload=["item_id", "title"],
            )
        return [
            Found(each.payload["item_id"], each.payload["title"], each.score)
            for each in found.points
        ]
