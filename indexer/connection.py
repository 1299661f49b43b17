"""The connection to Milvus: the one module that knows pymilvus, its errors and its waiting."""

import logging
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import grpc
from pymilvus import CollectionSchema, DataType, MilvusClient
from pymilvus.exceptions import ConnectError, MilvusException, MilvusUnavailableException
from pymilvus.milvus_client.index import IndexParams

from indexer.encoding import (
    MAX_CATEGORIES,
    MAX_CATEGORY_BYTES,
    MAX_ITEM_ID_BYTES,
    MAX_TOKEN_BYTES,
    MAX_TOKENS,
)
from indexer.errors import CollectionUnloaded, StoreError, StoreRejected, StoreUnavailable
from indexer.graph import Graph
from indexer.lite import LiteFile

# pymilvus logs each failed call with its traceback before raising it; here every failure is raised
# to whoever asked, who knows whether it is worth a line.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)

_PAUSE_SECONDS = 0.1
# How long a failed connect speaks for the callers after it, who would wait as long and in vain.
_COOLING_SECONDS = 1.0
_CHANNEL = {
    # By default gRPC waits up to two minutes before it looks for a lost server again.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    # pymilvus asks every 10 s whether the peer is there; Milvus Lite calls that too often.
    "grpc.keepalive_time_ms": 300_000,
    # Otherwise a second store inherits the waiting of the first.
    "grpc.use_local_subchannel_pool": 1,
}
_REFUSED_STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}
# Milvus's codes (pkg/util/merr): not loaded.
_UNLOADED = 101
# Collection not found, too many; 1100 to 1199 are about parameters; 2000 is what the search core
# says of an expression or a vector.
_REFUSED_CODES = {100, 102, *range(1100, 1200), 2000}


PACKED = {"fields": [{"name": "vector", "type": DataType.FLOAT_VECTOR}]}
"""What a search of vectors that are bytes already says of them.

pymilvus packs arrays number by number: 0.3 ms of the 2 ms its client takes for five of 896 numbers.
"""


class Connection:
    """Calls on Milvus, each within its time-out, and with errors of ours.

    Connecting, and starting the engine of a Lite file, waits for the first call. Safe for many
    threads.

    Raises:
        StoreRejected: If the URI is neither a Lite file nor http(s).
    """

    def __init__(self, uri: str, token: str | None) -> None:
        parts = urlsplit(uri)
        self._token = token or ""
        self._file: LiteFile | None = None
        if parts.scheme in ("http", "https"):
            self._uri = uri
            # What stands before an @ is a secret.
            self.engine = f"server:{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        elif uri.endswith(".db") and "://" not in uri:
            self._file = LiteFile(uri)
            self.engine = f"lite:{self._file.path}"
        else:
            raise StoreRejected(
                "Milvus is found at http://host:port, https://host:port or a path that ends in"
                f" .db, not at {uri.rpartition('@')[2]!r}"
            )
        self._client: MilvusClient | None = None
        self._lock = threading.Lock()
        self._cooling_until = 0.0
        self._closed = False

    @property
    def is_lite(self) -> bool:
        """Whether a Lite file is behind it."""
        return self._file is not None

    def call(self, operation: str, timeout: float, **arguments: object) -> Any:  # noqa: ANN401 - pymilvus has no types for its answers
        """Do what pymilvus's client calls `operation`, trying a lost server again in the time left.

        Every operation here may be done twice: writes are by key, and changes of collections end in
        the same state.

        Args:
            operation: Name of a method of `MilvusClient`.
            timeout: Seconds all attempts together may take, connecting included.
            arguments: Its arguments.

        Raises:
            StoreUnavailable: If Milvus is down or slower than that.
            StoreRejected: If it refuses.
        """
        deadline = time.monotonic() + timeout
        self._refuse_while_cooling()
        for pause in (_PAUSE_SECONDS, 2 * _PAUSE_SECONDS, None):
            client = None
            try:
                client = self._connected(deadline)
                return getattr(client, operation)(timeout=_left(deadline), **arguments)
            except (MilvusException, grpc.RpcError) as error:
                lost = self._is_lost(client, error)
                if not lost or pause is None or time.monotonic() + pause >= deadline:
                    if client is None:
                        self._cooling_until = time.monotonic() + _COOLING_SECONDS
                    what = f"{operation} of {arguments.get('collection_name', 'collections')}"
                    raise self._translated(what, error) from error
            if self._file is not None:
                self._restart(client)
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def schema(self, dimensions: int) -> CollectionSchema:
        """Describe the columns of a collection: see `indexer.encoding.stored`."""
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.INT64, is_primary=True)
        schema.add_field("revision", DataType.INT64)
        schema.add_field("item_id", DataType.VARCHAR, max_length=MAX_ITEM_ID_BYTES)
        for name, most, length in (
            ("categories", MAX_CATEGORIES + 1, MAX_CATEGORY_BYTES),
            ("tokens", MAX_TOKENS, MAX_TOKEN_BYTES),
        ):
            schema.add_field(
                name,
                DataType.ARRAY,
                element_type=DataType.VARCHAR,
                max_capacity=most,
                max_length=length,
            )
        schema.add_field("price", DataType.DOUBLE)
        schema.add_field("available", DataType.BOOL)
        schema.add_field("created_at", DataType.INT64)
        schema.add_field("numbers", DataType.JSON)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
        return schema

    def index(self, graph: Graph) -> IndexParams:
        """Describe the index over the vectors."""
        index = MilvusClient.prepare_index_params()
        if self.is_lite or "zillizcloud" in self.engine:  # neither takes HNSW
            index.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
        else:
            numbers = {"M": graph.links, "efConstruction": graph.build_width}
            index.add_index("vector", index_type="HNSW", metric_type="IP", params=numbers)
        return index

    def close(self) -> None:
        """Disconnect; a Lite file's engine ends, and the file is free for others."""
        with self._lock:
            self._closed = True
            self._disconnect()
            if self._file is not None:
                self._file.release()

    def _connected(self, deadline: float) -> MilvusClient:
        client = self._client
        if client is not None:
            return client
        if not self._lock.acquire(timeout=_left(deadline)):
            raise self._unavailable("another caller is still waiting for a connection")
        try:
            if self._closed:
                raise self._unavailable("this store was closed")
            if self._client is None:
                self._client = self._connect(deadline)
            return self._client
        finally:
            self._lock.release()

    def _connect(self, deadline: float) -> MilvusClient:
        client = MilvusClient(
            self._uri if self._file is None else self._file.serve(_left(deadline)),
            token=self._token,
            timeout=_left(deadline),
            # A connection that others share is not closed when we are.
            dedicated=True,
            grpc_options=_CHANNEL,
        )
        # pymilvus would go on trying for twice the time-out, and reconnect under one lock for the
        # whole process, where callers wait for each other's time-outs. It asks this hook first;
        # what the hook raises ends its trying. gRPC finds a returned server without help.
        client._handler._on_rpc_error = _give_up  # noqa: SLF001 - there is no public way
        return client

    def _restart(self, seen: MilvusClient | None) -> None:
        """Start the engine of a Lite file again, unless another thread has done so."""
        with self._lock:
            if self._client is seen and not self._closed and self._file is not None:
                self._disconnect()
                self._file.stop()

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _refuse_while_cooling(self) -> None:
        if self._client is None and time.monotonic() < self._cooling_until:
            raise self._unavailable("it could not be reached a moment ago")

    def _is_lost(self, client: MilvusClient | None, error: Exception) -> bool:
        # A client that was replaced meanwhile fails in ways of its own.
        replaced = client is not None and client is not self._client
        return replaced or _status(error) is grpc.StatusCode.UNAVAILABLE

    def _translated(self, what: str, error: MilvusException | grpc.RpcError) -> StoreError:
        status = _status(error)
        said = str(getattr(error, "message", "") or status or error).strip()[:500]
        if getattr(error, "code", None) == _UNLOADED:
            # A server that was restarted says so for some seconds, of every collection.
            return CollectionUnloaded(self._because(f"{what}: {said}"))
        if status in _REFUSED_STATUS or (status is None and _is_refusal(error)):
            return StoreRejected(
                f"Milvus ({self.engine}) refused {what}: {said}. Trying again does not help."
            )
        if status is grpc.StatusCode.DEADLINE_EXCEEDED:
            said = "no answer in time"
        return self._unavailable(f"{what}: {said}")

    def _unavailable(self, why: str) -> StoreUnavailable:
        return StoreUnavailable(self._because(why))

    def _because(self, why: str) -> str:
        return f"Milvus ({self.engine}) is unavailable, {why}. Try again later."


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.01)


def _give_up(error: Exception) -> bool:
    raise error


def _status(error: Exception) -> grpc.StatusCode | None:
    """Find gRPC's status in what pymilvus makes of it, if the call failed there."""
    for each in (error, error.__cause__):
        code = getattr(each, "code", None)
        if isinstance(each, grpc.RpcError) and callable(code):
            code = code()
        if isinstance(code, grpc.StatusCode):
            return code
    return None


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, ConnectError | MilvusUnavailableException):
        return False
    # pymilvus's own checks have classes of their own; what Milvus says has a code.
    own_check = type(error) is not MilvusException
    return own_check or getattr(error, "code", None) in _REFUSED_CODES
