"""Where questions for one model wait: all that do are embedded in one pass."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

import structlog

from embedders.items import Content
from embedders.spaces import Array
from indexer.errors import ModelUnavailable
from indexer.generation import SpaceModel
from indexer.models import Models

log = structlog.get_logger(__name__)

MOST = 32
"""Questions in one pass. Sixteen searches took MiniLM 43 ms together, and 250 ms one by one."""

SEATS = 8
"""Who waits for a model that loads; others are told at once, so that threads are left for those
who ask for something else (HTTP has 40)."""

AGAIN = timedelta(minutes=1)
"""How long a model that could not be loaded is not asked for again: asking can take seconds."""


@dataclass(slots=True)
class _Asked:
    """A question that waits, and how many wait for its answer."""

    content: Content
    answer: "Future[Array | None]" = field(default_factory=Future)
    askers: int = 1


class Desk:
    """Takes one model's questions; safe for many threads.

    A thread of the desk's own loads the model and embeds; it ends when no question waits. So who
    asks can leave when it takes too long, and what waits together is embedded together.

    Args:
        models: Where the model is, or is loaded.
        space: Which it is.
        patience: Longest anyone waits for the model to load, since that began.
    """

    def __init__(self, models: Models, space: SpaceModel, patience: timedelta) -> None:
        self._models = models
        self._space = space
        self._patience = patience.total_seconds()
        self._guard = threading.Lock()
        self._waiting: dict[str, _Asked] = {}
        self._thread: threading.Thread | None = None
        self._began: float | None = None
        self._failed: tuple[float, str] | None = None
        self._seats = threading.BoundedSemaphore(SEATS)
        self._closed = False

    def ask(self, contents: Mapping[str, Content], *, deadline: float) -> dict[str, Array | None]:
        """Embed contents by digest, waiting until the deadline at most.

        Args:
            contents: At least one.
            deadline: On the monotonic clock, in seconds.

        Returns:
            Digest to raw vector, or to None where nothing could be made of the content.

        Raises:
            ModelUnavailable: The model cannot be loaded, or not in time, or is too busy.
        """
        if self._ready:
            return self._answers(contents, deadline)
        self._check_failure()
        if not self._seats.acquire(blocking=False):
            raise ModelUnavailable(f"{self._name} is loading, and {SEATS} wait for it already")
        try:
            began = self._began or time.monotonic()
            return self._answers(contents, min(deadline, began + self._patience))
        finally:
            self._seats.release()

    def close(self) -> None:
        """Take no more questions, and wait a while for the thread to end."""
        with self._guard:
            self._closed = True
            thread = self._thread
        if thread is not None:
            thread.join(self._patience)

    @property
    def _name(self) -> str:
        return self._space.specification

    @property
    def _ready(self) -> bool:
        return self._models.report(self._name).state == "ready"

    def _check_failure(self) -> None:
        failed = self._failed
        if failed is not None and time.monotonic() < failed[0] + AGAIN.total_seconds():
            raise ModelUnavailable(failed[1])

    def _answers(self, contents: Mapping[str, Content], deadline: float) -> dict[str, Array | None]:
        asked = {digest: self._put(digest, content) for digest, content in contents.items()}
        try:
            return {
                digest: each.answer.result(max(deadline - time.monotonic(), 0.0))
                for digest, each in asked.items()
            }
        except TimeoutError as error:
            busy = "is busy with other work" if self._ready else "is still loading"
            raise ModelUnavailable(f"{self._name} {busy}: ask again in a while") from error
        except ModelUnavailable as error:
            # One of its own for everyone who waited.
            raise ModelUnavailable(str(error)) from error
        finally:
            for digest, each in asked.items():
                self._leave(digest, each)

    def _put(self, digest: str, content: Content) -> _Asked:
        with self._guard:
            if self._closed:
                raise ModelUnavailable(f"{self._name} takes no more questions: the service stops")
            held = self._waiting.get(digest)
            if held is not None:
                held.askers += 1
                return held
            asked = self._waiting[digest] = _Asked(content)
            if self._thread is None:
                name = f"questions-{self._space.space}"
                self._thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._thread.start()
            return asked

    def _leave(self, digest: str, asked: _Asked) -> None:
        """Drop a question nobody waits for any more: pictures are large, loading can be long."""
        with self._guard:
            asked.askers -= 1
            if asked.askers == 0 and self._waiting.get(digest) is asked:
                del self._waiting[digest]

    def _work(self) -> None:
        while batch := self._take(MOST):
            try:
                embedded = self._models.embed(self._space, [each.content for each in batch])
            except ModelUnavailable as error:
                self._refuse(batch, str(error))
            except Exception as error:
                log.exception("questions_failed", model=self._name)
                self._refuse(batch, f"{self._name} failed: {error!r}")
            else:
                for row, each in enumerate(batch):
                    held = embedded.present[row]
                    # A view would keep its whole pass alive.
                    each.answer.set_result(embedded.vectors[row].copy() if held else None)

    def _take(self, most: int | None) -> list[_Asked]:
        """Take the questions that have waited longest; with none, the thread is over."""
        with self._guard:
            digests = list(islice(self._waiting, most))
            taken = [self._waiting.pop(digest) for digest in digests]
            self._began = time.monotonic() if taken else None
            if not taken:
                self._thread = None
            return taken

    def _refuse(self, batch: list[_Asked], reason: str) -> None:
        """Tell everyone who waits; a model that did not load is left alone for a while."""
        if not self._ready:
            self._failed = (time.monotonic(), reason)
            with self._guard:
                batch = batch + list(self._waiting.values())
                self._waiting.clear()
        for each in batch:
            each.answer.set_exception(ModelUnavailable(reason))
