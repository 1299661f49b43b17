"""Serve one of the peers: see `bench.peers`."""

import argparse
from pathlib import Path

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from bench.peers.goods import Peer, goods


class Item(BaseModel):
    """An item of an answer."""

    item_id: str
    title: str
    score: float


class Similar(BaseModel):
    """An answer, best first."""

    items: list[Item]


def service(peer: Peer) -> FastAPI:
    """Make the service."""
    app = FastAPI()

    @app.get("/items/{item_id}/similar")
    def similar(item_id: str, limit: int = 20, width: int = 200) -> Similar:
        try:
            found = peer.similar(item_id, limit=limit, width=width)
        except KeyError as error:
            raise HTTPException(404, f"there is no item {item_id!r}") from error
        return Similar(items=[Item(item_id=e.item_id, title=e.title, score=e.score) for e in found])

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def opened(name: str, folder: Path, url: str) -> Peer:
    """Fill and open a peer by its name."""
    held = goods(folder)
    if name == "pgvector":
        from bench.peers.pgvector import PgVector

        return PgVector(held, url)
    if name == "qdrant":
        from bench.peers.qdrant import Qdrant

        return Qdrant(held, folder / "qdrant")
    from bench.peers.lance import Lance

    return Lance(held, folder / "lance")


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers")
    parser.add_argument("name", choices=["pgvector", "qdrant", "lance"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    app = service(opened(asked.name, asked.data, asked.url))
    uvicorn.run(app, host="127.0.0.1", port=asked.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
