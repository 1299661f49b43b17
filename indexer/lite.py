"""The Milvus Lite file: who owns it, and the engine process that serves it to its owner."""

import fcntl
import os
import re
import time
import warnings
from pathlib import Path
from typing import IO

from indexer.errors import OwnedElsewhere, StoreRejected, StoreUnavailable

with warnings.catch_warnings():
    # milvus-lite 2.5.1 asks pkg_resources for its version; that module warns about itself.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    from milvus_lite.server import Server

MAX_NAME_LENGTH = 36
_NAME = re.compile(r"[A-Za-z0-9._-]+\.db")
# Longer than anyone takes to look whether there is an owner.
_LOCK_SECONDS = 0.5
_PAUSE_SECONDS = 0.05


def lite_owner_alive(path: str | Path) -> bool:
    """Say whether a process, this one included, owns the Lite file just now."""
    try:
        with _lock_file(Path(path)).open("rb") as lock:
            # Shared, so that two who look at the same time do not take each other for an owner.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


class LiteFile:
    """A Lite file, owned by this process from the first `serve` until `release`.

    Raises:
        StoreRejected: If Milvus Lite cannot use a file of that name.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        name = self.path.name
        if not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
            raise StoreRejected(
                f"Milvus Lite cannot use a file named {name!r}: it must end in .db and be at most"
                f" {MAX_NAME_LENGTH} letters, digits, '.', '_' or '-'"
            )
        self._lock: IO[bytes] | None = None
        self._engine: Server | None = None

    def serve(self, timeout: float) -> str:
        """Own the file, start the engine unless it was started, and return its address.

        Args:
            timeout: Seconds to go on trying: the engine of an owner that was killed takes a moment
                to notice and let go.

        Raises:
            OwnedElsewhere: If another process, or another store in this one, owns the file.
            StoreUnavailable: If it does not start.
        """
        if self._lock is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _owned(self.path)
        deadline = time.monotonic() + timeout
        while self._engine is None:
            engine = Server(str(self.path))
            if engine.init() and engine.start():
                self._engine = engine
            elif time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"Milvus Lite does not start on {self.path}; its reason is on standard error."
                    " Try again later; if that does not help, move the file away and reindex."
                )
            else:
                time.sleep(_PAUSE_SECONDS)
        return str(self._engine.uds_path)

    def stop(self) -> None:
        """Stop the engine; `serve` starts it again."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.stop()

    def release(self) -> None:
        """Stop the engine and let others own the file."""
        self.stop()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()


def _lock_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _owned(path: Path) -> IO[bytes]:
    # `flock`, because the kernel lets go of it however the process ends, kill -9 included; the file
    # stays, because deleting it would let two processes lock two files of one name.
    lock = _lock_file(path).open("a+b")
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                owner = _owner(lock)
                lock.close()
                raise OwnedElsewhere(
                    f"{path} is owned by {owner}; a Milvus Lite file takes one process at a time."
                    " Stop that one, or use a Milvus server (KINDRED_MILVUS_URI)."
                ) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            lock.truncate(0)
            lock.write(str(os.getpid()).encode())
            lock.flush()
            return lock


def _owner(lock: IO[bytes]) -> str:
    lock.seek(0)
    number = lock.read(20).decode(errors="replace")
    return f"process {number}" if number.isdigit() else "another process"
